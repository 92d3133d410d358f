package io.karu.gateway.configuration;

import java.util.HashMap;
import java.util.Map;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.metatype.OCD;

/**
 * A component's configuration as a value.
 *
 * @param pid {@code kura.service.pid}
 * @param definition null when the component's bundle is not active, or in a snapshot
 * @param properties copied; may be changed by who holds this value
 */
public record Configured(String pid, OCD definition, Map<String, Object> properties)
        implements ComponentConfiguration {

    /** Copies the properties. */
    public Configured {
        properties = new HashMap<>(properties);
    }

    @Override
    public String getPid() {
        return pid;
    }

    @Override
    public OCD getDefinition() {
        return definition;
    }

    @Override
    public Map<String, Object> getConfigurationProperties() {
        return properties;
    }
}
