package org.eclipse.kura.wire.graph;

import java.util.List;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireRecord;
import org.eclipse.kura.wire.WireSupport;
import org.osgi.annotation.versioning.ProviderType;

/** Wire support with several ports. */
@ProviderType
public interface MultiportWireSupport extends WireSupport {

    WireEnvelope createWireEnvelope(List<WireRecord> records);

    List<EmitterPort> getEmitterPorts();

    List<ReceiverPort> getReceiverPorts();
}
