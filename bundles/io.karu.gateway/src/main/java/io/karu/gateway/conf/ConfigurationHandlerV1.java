package io.karu.gateway.conf;

import io.karu.gateway.configuration.ConfigurationXml;
import io.karu.gateway.configuration.Configured;
import io.karu.gateway.request.AppRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.system.SystemService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's CONF-V1: configurations and snapshots as XML. Changes are answered at once and made a
 * second later, their errors are only logged; clouds that can should use CONF-V2.
 */
@Component(
        name = "org.eclipse.kura.core.configuration.CloudConfigurationHandler",
        immediate = true,
        service = {})
public class ConfigurationHandlerV1 implements RequestHandler {

    static final String APPLICATION = "CONF-V1";

    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationHandlerV1.class);
    private static final long DELAY_MILLIS = 1_000;

    private final ConfigurationService configuration;
    private final CryptoService crypto;
    private final SystemService system;
    private final ScheduledExecutorService later =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "karu-conf-v1"));

    @Activate
    public ConfigurationHandlerV1(
            @Reference ConfigurationService configuration,
            @Reference CryptoService crypto,
            @Reference SystemService system) {
        this.configuration = configuration;
        this.crypto = crypto;
        this.system = system;
    }

    @Deactivate
    public void deactivate() {
        later.shutdownNow();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.registerRequestHandler(APPLICATION, this);
    }

    public void removeRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.unregister(APPLICATION);
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        AppRequest.resource(request);
        List<String> levels = AppRequest.levels(request);
        boolean one = levels.size() > 1;
        return switch (levels.get(0)) {
            case "configurations" -> configurations(one ? one(levels.get(1)) : all());
            case "snapshots" ->
                    one
                            ? configurations(configuration.getSnapshot(id(levels.get(1))))
                            : ids(configuration.getSnapshots());
            default -> throw AppRequest.notFound(levels.get(0));
        };
    }

    @Override
    public KuraMessage doPut(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        AppRequest.resource(request);
        List<String> levels = AppRequest.levels(request);
        if (!levels.get(0).equals("configurations")) {
            throw AppRequest.notFound(levels.get(0));
        }
        byte[] body = request.getPayload().getBody();
        if (body == null) {
            throw new KuraException(
                    KuraErrorCode.BAD_REQUEST, "the body must be configurations as XML");
        }
        List<ComponentConfiguration> all =
                ConfigurationXml.read(new String(body, StandardCharsets.UTF_8), crypto);
        List<ComponentConfiguration> wanted =
                levels.size() == 1
                        ? all
                        : all.stream()
                                .filter(config -> config.getPid().equals(levels.get(1)))
                                .toList();
        later(() -> configuration.updateConfigurations(wanted));
        return AppRequest.ok();
    }

    @Override
    public KuraMessage doExec(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        AppRequest.resource(request);
        List<String> levels = AppRequest.levels(request);
        switch (levels.get(0)) {
            case "snapshot":
                return ids(Set.of(configuration.snapshot()));
            case "rollback":
                if (levels.size() > 1) {
                    long id = id(levels.get(1));
                    later(() -> configuration.rollback(id));
                } else {
                    later(configuration::rollback);
                }
                return AppRequest.ok();
            default:
                throw AppRequest.notFound(levels.get(0));
        }
    }

    private interface Change {
        void make() throws KuraException;
    }

    private void later(Change change) {
        later.schedule(
                () -> {
                    try {
                        change.make();
                    } catch (KuraException | RuntimeException e) {
                        LOG.error("A change by {} failed: {}", APPLICATION, e.getMessage());
                    }
                },
                DELAY_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private List<ComponentConfiguration> all() throws KuraException {
        List<String> ignored = system.getDeviceManagementServiceIgnore();
        return configuration.getComponentConfigurations().stream()
                .filter(config -> ignored == null || !ignored.contains(config.getPid()))
                .toList();
    }

    private List<ComponentConfiguration> one(String pid) throws KuraException {
        ComponentConfiguration found = configuration.getComponentConfiguration(pid);
        return found == null ? List.of() : List.of(found);
    }

    private KuraMessage configurations(List<ComponentConfiguration> configurations)
            throws KuraException {
        List<ComponentConfiguration> clear = new ArrayList<>();
        for (ComponentConfiguration each : configurations) {
            Map<String, Object> properties = new HashMap<>(each.getConfigurationProperties());
            properties.replaceAll((name, value) -> clear(value));
            clear.add(new Configured(each.getPid(), each.getDefinition(), properties));
        }
        return AppRequest.ok(ConfigurationXml.write(clear).getBytes(StandardCharsets.UTF_8));
    }

    private Object clear(Object value) {
        return value instanceof Password ? new Password(Passwords.clear(crypto, value)) : value;
    }

    private static KuraMessage ids(Collection<Long> ids) {
        StringBuilder xml =
                new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
                        .append("<esf:snapshot-ids xmlns:esf=\"http://eurotech.com/esf/2.0\">");
        new TreeSet<>(ids)
                .forEach(
                        id ->
                                xml.append("<esf:snapshotIds>")
                                        .append(id)
                                        .append("</esf:snapshotIds>"));
        return AppRequest.ok(
                xml.append("</esf:snapshot-ids>").toString().getBytes(StandardCharsets.UTF_8));
    }

    private static long id(String text) throws KuraException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, "'" + text + "' is no snapshot id");
        }
    }
}
