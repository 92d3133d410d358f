package org.eclipse.kura.wire.graph;

import java.util.Objects;
import org.eclipse.kura.wire.WireConfiguration;

/** A wire between a port of one component and a port of another. */
public class MultiportWireConfiguration extends WireConfiguration {

    private int emitterPort;
    private int receiverPort;

    public MultiportWireConfiguration(
            String emitterPid, String receiverPid, int emitterPort, int receiverPort) {
        super(emitterPid, receiverPid);
        this.emitterPort = emitterPort;
        this.receiverPort = receiverPort;
    }

    public int getEmitterPort() {
        return this.emitterPort;
    }

    public void setEmitterPort(int emitterPort) {
        this.emitterPort = emitterPort;
    }

    public int getReceiverPort() {
        return this.receiverPort;
    }

    public void setReceiverPort(int receiverPort) {
        this.receiverPort = receiverPort;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof MultiportWireConfiguration other
                && super.equals(other)
                && this.emitterPort == other.emitterPort
                && this.receiverPort == other.receiverPort;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), this.emitterPort, this.receiverPort);
    }
}
