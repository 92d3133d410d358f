package io.karu.gateway.probe.natives;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Loads the library that the property probe.library names from that fixed path. */
public final class Activator implements BundleActivator {

    @Override
    public void start(BundleContext context) {
        System.load(context.getProperty("probe.library"));
    }

    @Override
    public void stop(BundleContext context) {
        // a library stays loaded
    }
}
