package org.eclipse.kura.wire.graph;

import java.util.function.Consumer;
import org.eclipse.kura.wire.WireEnvelope;
import org.osgi.annotation.versioning.ProviderType;

/** A port that receives. */
@ProviderType
public interface ReceiverPort extends Port {

    void onWireReceive(Consumer<WireEnvelope> consumer);
}
