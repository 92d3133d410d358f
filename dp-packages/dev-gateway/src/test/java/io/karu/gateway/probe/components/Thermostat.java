package io.karu.gateway.probe.components;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * A factory component that hands out the properties that it was last given, with the number of
 * updates under "updates".
 */
@Component(
        name = Thermostat.PID,
        service = {ConfigurableComponent.class, Supplier.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = Thermostat.Settings.class, factory = true)
public final class Thermostat implements ConfigurableComponent, Supplier<Map<String, Object>> {

    public static final String PID = "io.karu.gateway.probe.components.Thermostat";

    @ObjectClassDefinition(id = PID, name = "Thermostat", description = "%not.localised")
    @interface Settings {
        @AttributeDefinition(min = "0", max = "100")
        int degrees() default 20;

        @AttributeDefinition(cardinality = 5)
        int[] rooms() default {1, 2};

        @AttributeDefinition(type = AttributeType.PASSWORD)
        String secret() default "";
    }

    private final AtomicInteger updates = new AtomicInteger();
    private volatile Map<String, Object> properties;

    @Activate
    void activate(Map<String, Object> given) {
        properties = given;
    }

    @Modified
    void updated(Map<String, Object> given) {
        properties = given;
        updates.incrementAndGet();
    }

    @Override
    public Map<String, Object> get() {
        return properties;
    }
}
