package io.karu.gateway.wire;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.WireEmitter;
import org.eclipse.kura.wire.WireHelperService;
import org.eclipse.kura.wire.WireReceiver;
import org.eclipse.kura.wire.WireSupport;
import org.eclipse.kura.wire.graph.Constants;
import org.eclipse.kura.wire.multiport.MultiportWireEmitter;
import org.eclipse.kura.wire.multiport.MultiportWireReceiver;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Finds wire components by their two pids and gives them their ports. */
@Component(
        name = "org.eclipse.kura.wire.WireHelperService",
        property = "kura.service.pid=org.eclipse.kura.wire.WireHelperService")
public final class KuraWireHelperService implements WireHelperService {

    private final BundleContext context;

    @Activate
    public KuraWireHelperService(BundleContext context) {
        this.context = context;
    }

    @Override
    public String getPid(WireComponent wireComponent) {
        return property(holds(wireComponent), ConfigurationService.KURA_SERVICE_PID);
    }

    @Override
    public String getServicePid(WireComponent wireComponent) {
        return property(holds(wireComponent), org.osgi.framework.Constants.SERVICE_PID);
    }

    @Override
    public String getServicePid(String wireComponentPid) {
        return property(named(wireComponentPid), org.osgi.framework.Constants.SERVICE_PID);
    }

    @Override
    public boolean isEmitter(String wireComponentPid) {
        return find(named(wireComponentPid))
                .filter(each -> provides(each, WireEmitter.class, MultiportWireEmitter.class))
                .isPresent();
    }

    @Override
    public boolean isReceiver(String wireComponentPid) {
        return find(named(wireComponentPid))
                .filter(each -> provides(each, WireReceiver.class, MultiportWireReceiver.class))
                .isPresent();
    }

    /**
     * One port in each direction that the component has, or as many as its configuration counts
     * when it is multiport.
     */
    @Override
    public WireSupport newWireSupport(
            WireComponent wireComponent, ServiceReference<WireComponent> reference) {
        Object pid = reference.getProperty(ConfigurationService.KURA_SERVICE_PID);
        Objects.requireNonNull(
                pid, "the wire component has no " + ConfigurationService.KURA_SERVICE_PID);
        int emitters = wireComponent instanceof WireEmitter ? 1 : 0;
        int receivers = wireComponent instanceof WireReceiver ? 1 : 0;
        if (wireComponent instanceof MultiportWireEmitter) {
            emitters = count(reference, Constants.EMITTER_PORT_COUNT_PROP_NAME);
        }
        if (wireComponent instanceof MultiportWireReceiver) {
            receivers = count(reference, Constants.RECEIVER_PORT_COUNT_PROP_NAME);
        }
        return new KuraWireSupport(wireComponent, pid.toString(), emitters, receivers);
    }

    private static int count(ServiceReference<?> reference, Constants property) {
        return reference.getProperty(property.value()) instanceof Integer count ? count : 1;
    }

    private Predicate<ServiceReference<WireComponent>> holds(WireComponent component) {
        return reference -> {
            WireComponent service = context.getService(reference);
            try {
                return service == component;
            } finally {
                context.ungetService(reference);
            }
        };
    }

    private static Predicate<ServiceReference<WireComponent>> named(String pid) {
        return reference ->
                pid.equals(reference.getProperty(ConfigurationService.KURA_SERVICE_PID));
    }

    private String property(Predicate<ServiceReference<WireComponent>> wanted, String name) {
        return find(wanted)
                .map(reference -> reference.getProperty(name))
                .map(Object::toString)
                .orElse(null);
    }

    private Optional<ServiceReference<WireComponent>> find(
            Predicate<ServiceReference<WireComponent>> wanted) {
        try {
            return context.getServiceReferences(WireComponent.class, null).stream()
                    .filter(wanted)
                    .findFirst();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean provides(ServiceReference<?> reference, Class<?>... types) {
        Object classes = reference.getProperty(org.osgi.framework.Constants.OBJECTCLASS);
        return Arrays.stream(types)
                .map(Class::getName)
                .anyMatch(Arrays.asList((String[]) classes)::contains);
    }
}
