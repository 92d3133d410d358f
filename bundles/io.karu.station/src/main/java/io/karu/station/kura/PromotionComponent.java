package io.karu.station.kura;

import io.karu.api.evidence.EvidenceSource;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.station.Promotion;
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

/** The promotion by rule in Kura: one for all stations. */
@Component(
        name = PromotionComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {ConfigurableComponent.class, HealthCheck.class})
@Designate(ocd = PromotionOptions.class)
public final class PromotionComponent implements ConfigurableComponent, HealthCheck {
    static final String PID = "io.karu.station.Promotion";

    private static final long EVERY_MILLIS = 5000;

    private final Promotion promotion = new Promotion(EVERY_MILLIS);

    @Activate
    public PromotionComponent(Map<String, Object> properties) {
        promotion.configure(properties);
    }

    @Modified
    void updated(Map<String, Object> properties) {
        promotion.configure(properties);
    }

    @Deactivate
    void deactivate() {
        promotion.close();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            unbind = "unsetModels")
    void setModels(Models models) {
        promotion.setModels(models);
    }

    void unsetModels(Models models) {
        promotion.setModels(null);
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeSource")
    void addSource(EvidenceSource source) {
        promotion.addSource(source);
    }

    void removeSource(EvidenceSource source) {
        promotion.removeSource(source);
    }

    @Override
    public List<Result> check() {
        return promotion.check();
    }
}
