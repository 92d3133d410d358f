package io.karu.gateway.system;

import org.eclipse.kura.system.SystemAdminService;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kura's system administration, short of switching the developer's machine off. */
@Component(
        name = "org.eclipse.kura.system.SystemAdminService",
        property = "kura.service.pid=org.eclipse.kura.system.SystemAdminService")
public final class KuraSystemAdminService implements SystemAdminService {

    private static final Logger LOG = LoggerFactory.getLogger(KuraSystemAdminService.class);

    private final long started = System.currentTimeMillis();

    /** Milliseconds since the start, as text. */
    @Override
    public String getUptime() {
        return Long.toString(System.currentTimeMillis() - started);
    }

    @Override
    public void reboot() {
        LOG.warn(
                "A reboot was asked for; a development gateway does not reboot its machine. Restart it by hand.");
    }

    @Override
    public void sync() {
        LOG.debug("sync was asked for");
    }
}
