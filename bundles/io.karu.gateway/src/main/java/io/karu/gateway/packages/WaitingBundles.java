package io.karu.gateway.packages;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.BundleListener;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts bundles that were to be started but could not be resolved, when another bundle arrives
 * that may provide what they lack. Equinox, Kura's framework, does so by itself; Felix does not.
 * Only what newly resolves is started: a bundle whose activator failed stays as it is.
 */
@Component(
        immediate = true,
        service = {})
public final class WaitingBundles {

    private static final Logger LOG = LoggerFactory.getLogger(WaitingBundles.class);
    private static final long SETTLE_MILLIS = 50;

    private final BundleContext context;
    private final ScheduledThreadPoolExecutor executor;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final BundleListener listener = this::onBundleEvent;

    @Activate
    public WaitingBundles(BundleContext context) {
        this.context = context;
        this.executor =
                new ScheduledThreadPoolExecutor(1, work -> new Thread(work, "waiting-bundles"));
        context.addBundleListener(listener);
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        context.removeBundleListener(listener);
        executor.shutdownNow();
        executor.awaitTermination(5, TimeUnit.SECONDS);
    }

    private void onBundleEvent(BundleEvent event) {
        boolean arrived = (event.getType() & (BundleEvent.RESOLVED | BundleEvent.STARTED)) != 0;
        if (arrived && scheduled.compareAndSet(false, true)) {
            executor.schedule(this::startWaiting, SETTLE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void startWaiting() {
        scheduled.set(false);
        List<Bundle> waiting = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getState() == Bundle.INSTALLED && isToBeStarted(bundle)) {
                waiting.add(bundle);
            }
        }
        if (waiting.isEmpty()) {
            return;
        }
        Bundle system = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
        system.adapt(FrameworkWiring.class).resolveBundles(waiting);
        int level = system.adapt(FrameworkStartLevel.class).getStartLevel();
        for (Bundle bundle : waiting) {
            if (bundle.getState() == Bundle.RESOLVED
                    && isToBeStarted(bundle)
                    && bundle.adapt(BundleStartLevel.class).getStartLevel() <= level) {
                start(bundle);
            }
        }
    }

    private static boolean isToBeStarted(Bundle bundle) {
        return bundle.adapt(BundleStartLevel.class).isPersistentlyStarted();
    }

    private static void start(Bundle bundle) {
        try {
            bundle.start(Bundle.START_TRANSIENT);
            LOG.info("Bundle {} started: what it waited for has arrived", bundle.getSymbolicName());
        } catch (BundleException e) {
            LOG.warn("Bundle {} does not start: {}", bundle.getSymbolicName(), e.getMessage());
        } catch (IllegalStateException e) {
            LOG.debug("Bundle {} went away meanwhile", bundle.getSymbolicName());
        }
    }
}
