package io.karu.page.kura;

import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.VerdictJournal;
import io.karu.page.Gateway;
import io.karu.page.Page;
import io.karu.page.exchange.Exchange;
import io.karu.page.exchange.ExchangeHandler;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.identity.IdentityService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's page in Kura: gives it the stations, the journal, the spool and Kura's identities
 * as they come and go.
 */
@Component(
        name = PageComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {ConfigurableComponent.class, ExchangeHandler.class, VerdictListener.class},
        immediate = true)
@Designate(ocd = PageDefinition.class)
public final class PageComponent
        implements ConfigurableComponent, ExchangeHandler, VerdictListener, Gateway {
    static final String PID = "io.karu.page.Page";
    private static final Logger LOG = LoggerFactory.getLogger(PageComponent.class);
    private final Map<String, Station> stations = new ConcurrentHashMap<>();
    private final Page page;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile VerdictJournal journal;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile SampleSpool spool;

    private volatile IdentityService identities;

    @Activate
    public PageComponent(Map<String, Object> properties) {
        page =
                new Page(
                        this,
                        new KuraIdentities(() -> Optional.ofNullable(identities)),
                        Page.Limits.DEFAULT);
        updated(properties);
    }

    @Modified
    void updated(Map<String, Object> properties) {
        try {
            page.configure(
                    new Page.Limits(
                            megabytes(properties, "image.megabytes", 16, 64),
                            megabytes(properties, "cache.megabytes", 8, 256)));
        } catch (IllegalArgumentException e) {
            LOG.warn("configuration refused, the last good one stays: {}", e.getMessage());
        }
    }

    private static long megabytes(
            Map<String, Object> properties, String name, int otherwise, int most) {
        Object value = properties.getOrDefault(name, otherwise);
        if (value instanceof Number number && number.intValue() >= 1 && number.intValue() <= most) {
            return number.longValue() << 20;
        }
        throw new IllegalArgumentException(name + " must be 1 to " + most + ", was " + value);
    }

    @Deactivate
    void deactivate() {
        page.close();
    }

    @Override
    public void handle(Exchange exchange) {
        page.handle(exchange);
    }

    @Override
    public void onVerdict(Verdict verdict, FrameView frame) {
        page.onVerdict(verdict, frame);
    }

    @Override
    public Map<String, Station> stations() {
        return Map.copyOf(stations);
    }

    @Override
    public Optional<VerdictJournal> journal() {
        return Optional.ofNullable(journal);
    }

    @Override
    public Optional<SampleSpool> spool() {
        return Optional.ofNullable(spool);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addStation(Station station, Map<String, Object> properties) {
        stations.put(name(properties), station);
    }

    void removeStation(Station station, Map<String, Object> properties) {
        stations.remove(name(properties), station);
    }

    private static String name(Map<String, Object> properties) {
        return String.valueOf(properties.get(ConfigurationService.KURA_SERVICE_PID));
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void setIdentityService(IdentityService service) {
        identities = service;
        KuraIdentities.declarePermission(service);
    }

    void unsetIdentityService(IdentityService service) {
        if (identities == service) {
            identities = null;
        }
    }
}
