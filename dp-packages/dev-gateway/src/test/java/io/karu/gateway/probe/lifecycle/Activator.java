package io.karu.gateway.probe.lifecycle;

import java.io.File;
import java.io.IOException;
import java.util.Hashtable;
import java.util.function.Supplier;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * Tells under its symbolic name whether the mark that it leaves in the bundle's data area was there
 * already.
 */
public final class Activator implements BundleActivator {

    @Override
    public void start(BundleContext context) throws IOException {
        File mark = context.getDataFile("mark");
        boolean found = !mark.createNewFile();
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("probe", context.getBundle().getSymbolicName());
        Supplier<Boolean> markFound = () -> found;
        context.registerService(Supplier.class, markFound, properties);
    }

    @Override
    public void stop(BundleContext context) {
        // the framework unregisters the service
    }
}
