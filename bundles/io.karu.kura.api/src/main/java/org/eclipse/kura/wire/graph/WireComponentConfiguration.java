package org.eclipse.kura.wire.graph;

import java.util.Map;
import org.eclipse.kura.configuration.ComponentConfiguration;

/** A component of the graph: its configuration and how it is drawn. */
public class WireComponentConfiguration {

    private final ComponentConfiguration configuration;
    private final Map<String, Object> properties;

    public WireComponentConfiguration(
            ComponentConfiguration configuration, Map<String, Object> properties) {
        this.configuration = configuration;
        this.properties = properties;
    }

    public ComponentConfiguration getConfiguration() {
        return this.configuration;
    }

    public Map<String, Object> getProperties() {
        return this.properties;
    }
}
