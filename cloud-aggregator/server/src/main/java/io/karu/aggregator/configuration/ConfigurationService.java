package io.karu.aggregator.configuration;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import java.util.List;

/**
 * Reads and writes component configurations through CONF-V2. Password values are never read back:
 * they come without a value, and one written without a value is left as it is. Every method can
 * throw {@link AggregatorException} {@code GATEWAY_OFFLINE}, {@code GATEWAY_LACKS_APPLICATION},
 * {@code GATEWAY_NO_ANSWER} or {@code GATEWAY_REFUSED}. Thread-safe.
 */
public interface ConfigurationService {
    /** All configurable components, sorted by pid. */
    List<ComponentConfiguration> list(GatewayId gateway);

    /** {@code COMPONENT_NOT_FOUND} when the gateway does not know the pid. */
    ComponentConfiguration get(GatewayId gateway, String pid);

    /** Factory pids from which components can be created. */
    List<String> factories(GatewayId gateway);

    /**
     * Checks the values against the component's OCD (Kura does not), writes them, takes a snapshot
     * and reads back.
     *
     * @throws AggregatorException {@code CONFIGURATION_INVALID} naming the property and what is
     *     wrong with its value
     */
    ComponentConfiguration write(GatewayId gateway, ComponentUpdate update);

    /** Deletes a factory component. */
    void delete(GatewayId gateway, String pid);
}
