package org.eclipse.kura.system;

import org.osgi.annotation.versioning.ProviderType;

/** Acts on the device. */
@ProviderType
public interface SystemAdminService {

    String getUptime();

    void reboot();

    void sync();
}
