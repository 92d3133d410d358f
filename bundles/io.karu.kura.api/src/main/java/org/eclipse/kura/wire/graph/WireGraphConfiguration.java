package org.eclipse.kura.wire.graph;

import java.util.List;

/** All components and wires of the graph. */
public class WireGraphConfiguration {

    private final List<WireComponentConfiguration> wireComponentConfigurations;
    private final List<MultiportWireConfiguration> wireConfigurations;

    public WireGraphConfiguration(
            List<WireComponentConfiguration> wireComponentConfigurations,
            List<MultiportWireConfiguration> wireConfigurations) {
        this.wireComponentConfigurations = wireComponentConfigurations;
        this.wireConfigurations = wireConfigurations;
    }

    public List<WireComponentConfiguration> getWireComponentConfigurations() {
        return this.wireComponentConfigurations;
    }

    public List<MultiportWireConfiguration> getWireConfigurations() {
        return this.wireConfigurations;
    }
}
