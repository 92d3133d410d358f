package org.eclipse.kura.wire;

import org.osgi.annotation.versioning.ProviderType;
import org.osgi.framework.ServiceReference;

/** Creates the wire support of a component and answers for pids. */
@ProviderType
public interface WireHelperService {

    String getPid(WireComponent wireComponent);

    String getServicePid(WireComponent wireComponent);

    String getServicePid(String wireComponentPid);

    boolean isEmitter(String wireComponentPid);

    boolean isReceiver(String wireComponentPid);

    WireSupport newWireSupport(
            WireComponent wireComponent, ServiceReference<WireComponent> reference);
}
