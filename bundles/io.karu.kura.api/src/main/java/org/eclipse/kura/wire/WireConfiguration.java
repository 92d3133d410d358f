package org.eclipse.kura.wire;

import java.util.Objects;
import org.osgi.service.wireadmin.Wire;

/** A wire between two components. */
public class WireConfiguration {

    private final String emitterPid;
    private final String receiverPid;
    private String filter;
    private Wire wire;

    public WireConfiguration(String emitterPid, String receiverPid) {
        this.emitterPid = Objects.requireNonNull(emitterPid, "emitterPid");
        this.receiverPid = Objects.requireNonNull(receiverPid, "receiverPid");
    }

    public String getEmitterPid() {
        return this.emitterPid;
    }

    public String getReceiverPid() {
        return this.receiverPid;
    }

    public String getFilter() {
        return this.filter;
    }

    public void setFilter(String filter) {
        this.filter = filter;
    }

    public Wire getWire() {
        return this.wire;
    }

    public void setWire(Wire wire) {
        this.wire = wire;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof WireConfiguration other
                && this.emitterPid.equals(other.emitterPid)
                && this.receiverPid.equals(other.receiverPid)
                && Objects.equals(this.filter, other.filter);
    }

    @Override
    public int hashCode() {
        return Objects.hash(this.emitterPid, this.receiverPid, this.filter);
    }

    @Override
    public String toString() {
        return "WireConfiguration [emitterPid="
                + this.emitterPid
                + ", receiverPid="
                + this.receiverPid
                + ", filter="
                + this.filter
                + "]";
    }
}
