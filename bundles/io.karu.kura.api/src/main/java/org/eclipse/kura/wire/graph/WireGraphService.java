package org.eclipse.kura.wire.graph;

import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ProviderType;

/** The wire graph of the gateway. */
@ProviderType
public interface WireGraphService {

    void delete() throws KuraException;

    WireGraphConfiguration get() throws KuraException;

    void update(WireGraphConfiguration graphConfiguration) throws KuraException;
}
