package io.karu.station.kura;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.EvidenceSource;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import io.karu.api.model.Models;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.VerdictJournal;
import io.karu.station.InspectionStation;
import java.util.List;
import java.util.Map;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;

/**
 * A station in Kura: a factory component, named by its {@code kura.service.pid}. Active also while
 * it waits for services.
 */
@Component(
        name = StationComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {
            ConfigurableComponent.class,
            Station.class,
            HealthCheck.class,
            EvidenceSource.class
        })
@Designate(ocd = StationOptions.class, factory = true)
public final class StationComponent
        implements ConfigurableComponent, Station, HealthCheck, EvidenceSource {
    static final String PID = "io.karu.station.Station";
    static final String KURA_SERVICE_PID = "kura.service.pid";

    private final InspectionStation station;

    /** IllegalArgumentException when the name given in Kura cannot be a station's. */
    @Activate
    public StationComponent(Map<String, Object> properties) {
        station =
                new InspectionStation(
                        new StationId(String.valueOf(properties.get(KURA_SERVICE_PID))));
        station.configure(properties);
    }

    @Modified
    void updated(Map<String, Object> properties) {
        station.configure(properties);
    }

    @Deactivate
    void deactivate() {
        station.close();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            unbind = "unsetModels")
    void setModels(Models models) {
        station.setModels(models);
    }

    void unsetModels(Models models) {
        station.unsetModels(models);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            unbind = "unsetJournal")
    void setJournal(VerdictJournal journal) {
        station.setJournal(journal);
    }

    void unsetJournal(VerdictJournal journal) {
        station.unsetJournal(journal);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            unbind = "unsetSpool")
    void setSpool(SampleSpool spool) {
        station.setSpool(spool);
    }

    void unsetSpool(SampleSpool spool) {
        station.unsetSpool(spool);
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeListener")
    void addListener(VerdictListener listener) {
        station.addListener(listener);
    }

    void removeListener(VerdictListener listener) {
        station.removeListener(listener);
    }

    @Override
    public StationStatus status() {
        return station.status();
    }

    @Override
    public Verdict inspect(Frame frame) throws StationBusyException, InterruptedException {
        return station.inspect(frame);
    }

    @Override
    public List<Result> check() {
        return station.check();
    }

    @Override
    public List<Evidence> evidence() {
        return station.evidence();
    }
}
