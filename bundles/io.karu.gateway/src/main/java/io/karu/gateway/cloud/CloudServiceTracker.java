package io.karu.gateway.cloud;

import io.karu.gateway.conf.ComponentProperties;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Follows the cloud service that the property {@code cloud.endpoint.service.pid} names, whichever
 * is there.
 */
final class CloudServiceTracker implements AutoCloseable {

    private final BundleContext context;
    private final Consumer<CloudService> found;
    private final Consumer<CloudService> gone;
    private String pid;
    private ServiceTracker<CloudService, CloudService> tracker;

    CloudServiceTracker(
            BundleContext context,
            Map<String, Object> properties,
            Consumer<CloudService> found,
            Consumer<CloudService> gone) {
        this.context = context;
        this.found = found;
        this.gone = gone;
        follow(properties);
    }

    synchronized void follow(Map<String, Object> properties) {
        String wanted =
                new ComponentProperties(properties)
                        .text("cloud.endpoint.service.pid", CloudService.PID);
        if (wanted.equals(pid)) {
            return;
        }
        close();
        pid = wanted;
        tracker = new Tracker(wanted);
        tracker.open();
    }

    synchronized String pid() {
        return pid;
    }

    synchronized Optional<CloudService> service() {
        return Optional.ofNullable(tracker.getService());
    }

    @Override
    public synchronized void close() {
        if (tracker != null) {
            tracker.close();
        }
    }

    private final class Tracker extends ServiceTracker<CloudService, CloudService> {

        private Tracker(String pid) {
            super(CloudServiceTracker.this.context, filter(pid), null);
        }

        @Override
        public CloudService addingService(ServiceReference<CloudService> reference) {
            CloudService service = super.addingService(reference);
            found.accept(service);
            return service;
        }

        @Override
        public void removedService(ServiceReference<CloudService> reference, CloudService service) {
            gone.accept(service);
            super.removedService(reference, service);
        }
    }

    private static org.osgi.framework.Filter filter(String pid) {
        try {
            return FrameworkUtil.createFilter(
                    "(&(objectClass="
                            + CloudService.class.getName()
                            + ")(kura.service.pid="
                            + pid
                            + "))");
        } catch (InvalidSyntaxException e) {
            throw new IllegalArgumentException(
                    "Property 'cloud.endpoint.service.pid' is '" + pid + "', which is no pid.", e);
        }
    }
}
