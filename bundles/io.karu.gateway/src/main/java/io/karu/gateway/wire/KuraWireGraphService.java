package io.karu.gateway.wire;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.graph.Constants;
import org.eclipse.kura.wire.graph.MultiportWireConfiguration;
import org.eclipse.kura.wire.graph.WireComponentConfiguration;
import org.eclipse.kura.wire.graph.WireGraphConfiguration;
import org.eclipse.kura.wire.graph.WireGraphService;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.wireadmin.Wire;
import org.osgi.service.wireadmin.WireAdmin;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps WireAdmin's wires as the property {@code WireGraph} has them, between the components that
 * are there.
 */
@Component(
        name = KuraWireGraphService.PID,
        immediate = true,
        service = {ConfigurableComponent.class, WireGraphService.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = KuraWireGraphService.Graph.class)
public final class KuraWireGraphService implements ConfigurableComponent, WireGraphService {

    static final String PID = "org.eclipse.kura.wire.graph.WireGraphService";
    private static final String GRAPH = "WireGraph";
    private static final Logger LOG = LoggerFactory.getLogger(KuraWireGraphService.class);

    @ObjectClassDefinition(
            id = PID,
            name = "Wire Graph Service",
            description = "The wires between wire components.")
    @interface Graph {
        @AttributeDefinition(name = "Wire Graph", description = "The graph as JSON.|TextArea")
        String WireGraph() default "{}";
    }

    /**
     * A wire between two running components; the service pids change when a component is created
     * anew.
     */
    private record Ends(
            MultiportWireConfiguration wire, String emitterServicePid, String receiverServicePid) {}

    private final WireAdmin admin;
    private final ConfigurationService configuration;
    private final ServiceTracker<WireComponent, ServiceReference<WireComponent>> components;
    private final Map<String, String> servicePids = new HashMap<>();
    private final Map<Ends, Wire> wires = new HashMap<>();
    private WireGraphJson graph = WireGraphJson.EMPTY;

    @Activate
    public KuraWireGraphService(
            BundleContext context,
            Map<String, Object> properties,
            @Reference WireAdmin admin,
            @Reference ConfigurationService configuration) {
        this.admin = admin;
        this.configuration = configuration;
        updated(properties);
        this.components =
                new ServiceTracker<>(context, WireComponent.class, null) {
                    @Override
                    public ServiceReference<WireComponent> addingService(
                            ServiceReference<WireComponent> reference) {
                        appeared(reference);
                        return reference;
                    }

                    @Override
                    public void removedService(
                            ServiceReference<WireComponent> reference,
                            ServiceReference<WireComponent> service) {
                        disappeared(reference);
                    }
                };
        this.components.open();
    }

    @Modified
    synchronized void updated(Map<String, Object> properties) {
        try {
            graph = WireGraphJson.parse((String) properties.get(GRAPH));
        } catch (IllegalArgumentException e) {
            LOG.error("The wires stay as they are: {}", e.getMessage());
        }
        connect();
    }

    @Deactivate
    void deactivate() {
        components.close();
        synchronized (this) {
            wires.values().forEach(admin::deleteWire);
            wires.clear();
        }
    }

    private synchronized void appeared(ServiceReference<WireComponent> reference) {
        Object pid = reference.getProperty(ConfigurationService.KURA_SERVICE_PID);
        Object servicePid = reference.getProperty(org.osgi.framework.Constants.SERVICE_PID);
        if (pid != null && servicePid != null) {
            servicePids.put(pid.toString(), servicePid.toString());
            connect();
        }
    }

    private synchronized void disappeared(ServiceReference<WireComponent> reference) {
        Object pid = reference.getProperty(ConfigurationService.KURA_SERVICE_PID);
        Object servicePid = reference.getProperty(org.osgi.framework.Constants.SERVICE_PID);
        if (pid != null
                && servicePid != null
                && servicePids.remove(pid.toString(), servicePid.toString())) {
            connect();
        }
    }

    private void connect() {
        Set<Ends> wanted = new HashSet<>();
        for (MultiportWireConfiguration wire : graph.wires()) {
            String emitter = servicePids.get(wire.getEmitterPid());
            String receiver = servicePids.get(wire.getReceiverPid());
            if (emitter != null && receiver != null) {
                wanted.add(new Ends(wire, emitter, receiver));
            }
        }
        wires.entrySet()
                .removeIf(
                        entry -> {
                            boolean gone = !wanted.contains(entry.getKey());
                            if (gone) {
                                admin.deleteWire(entry.getValue());
                            }
                            return gone;
                        });
        for (Ends ends : wanted) {
            wires.computeIfAbsent(ends, this::create);
        }
    }

    private Wire create(Ends ends) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(
                Constants.EMITTER_KURA_SERVICE_PID_PROP_NAME.value(), ends.wire().getEmitterPid());
        properties.put(
                Constants.RECEIVER_KURA_SERVICE_PID_PROP_NAME.value(),
                ends.wire().getReceiverPid());
        properties.put(Constants.WIRE_EMITTER_PORT_PROP_NAME.value(), ends.wire().getEmitterPort());
        properties.put(
                Constants.WIRE_RECEIVER_PORT_PROP_NAME.value(), ends.wire().getReceiverPort());
        return admin.createWire(ends.emitterServicePid(), ends.receiverServicePid(), properties);
    }

    @Override
    public synchronized WireGraphConfiguration get() throws KuraException {
        List<WireComponentConfiguration> found = new ArrayList<>();
        for (JsonElement each : graph.components()) {
            ComponentConfiguration component =
                    configuration.getComponentConfiguration(
                            each.getAsJsonObject().get("pid").getAsString());
            if (component != null) {
                found.add(new WireComponentConfiguration(component, Map.of()));
            }
        }
        return new WireGraphConfiguration(found, List.copyOf(graph.wires()));
    }

    /**
     * Creates the components that are not there yet, updates the others, and removes those that
     * left the graph.
     */
    @Override
    public void update(WireGraphConfiguration graphConfiguration) throws KuraException {
        JsonArray next = new JsonArray();
        List<ComponentConfiguration> changes = new ArrayList<>();
        Set<String> kept = new HashSet<>();
        for (WireComponentConfiguration each :
                graphConfiguration.getWireComponentConfigurations()) {
            JsonObject component = new JsonObject();
            component.addProperty("pid", each.getConfiguration().getPid());
            next.add(component);
            kept.add(each.getConfiguration().getPid());
            changes.add(each.getConfiguration());
        }
        for (WireComponentConfiguration each : get().getWireComponentConfigurations()) {
            Map<String, Object> properties = each.getConfiguration().getConfigurationProperties();
            if (!kept.contains(each.getConfiguration().getPid())
                    && properties.containsKey(ConfigurationAdmin.SERVICE_FACTORYPID)) {
                configuration.deleteFactoryConfiguration(each.getConfiguration().getPid(), false);
            }
        }
        configuration.updateConfigurations(changes, false);
        WireGraphJson json = new WireGraphJson(next, graphConfiguration.getWireConfigurations());
        configuration.updateConfiguration(PID, Map.of(GRAPH, json.text()), true);
    }

    @Override
    public void delete() throws KuraException {
        update(new WireGraphConfiguration(List.of(), List.of()));
    }
}
