package io.karu.api.evidence;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Knows what model versions do on this gateway; register it as an OSGi service. Must answer at
 * once, from memory.
 */
@ConsumerType
public interface EvidenceSource {
    /** What is known now; counts of one (station, role, model, since) only grow. */
    List<Evidence> evidence();
}
