package org.eclipse.kura.wire;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.osgi.service.wireadmin.BasicEnvelope;

/** Records on their way through a wire, with the pid of their emitter. */
public class WireEnvelope extends BasicEnvelope {

    private static final String SCOPE = "WIRES";

    public WireEnvelope(String emitterPid, List<WireRecord> wireRecords) {
        super(
                Collections.unmodifiableList(Objects.requireNonNull(wireRecords, "wireRecords")),
                Objects.requireNonNull(emitterPid, "emitterPid"),
                SCOPE);
    }

    public String getEmitterPid() {
        return (String) getIdentification();
    }

    @SuppressWarnings("unchecked")
    public List<WireRecord> getRecords() {
        return (List<WireRecord>) getValue();
    }
}
