package io.karu.api.inspection;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Follows a gateway's verdicts. Register it as an OSGi service; called off the inspection thread
 * through a bounded queue, whose drops are counted in {@link StationStatus#listenerDrops()}.
 */
@ConsumerType
public interface VerdictListener {
    void onVerdict(Verdict verdict, FrameView frame);
}
