package io.karu.models;

import io.karu.models.format.ModelHeader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.util.tracker.BundleTracker;
import org.osgi.util.tracker.BundleTrackerCustomizer;

/**
 * Finds model bundles by their header, whatever their state: a model bundle needs neither to
 * resolve nor to start.
 */
public final class ModelBundles implements BundleTrackerCustomizer<Long>, AutoCloseable {
    private static final int ANY_STATE =
            Bundle.INSTALLED | Bundle.RESOLVED | Bundle.STARTING | Bundle.ACTIVE | Bundle.STOPPING;
    private static final int MAX_FILES = 1000;

    private final BundleTracker<Long> tracker;
    private final ModelCatalog catalog;

    /** Begins to offer the model bundles of this framework to the catalog. */
    public ModelBundles(BundleContext context, ModelCatalog catalog) {
        this.catalog = catalog;
        this.tracker = new BundleTracker<>(context, ANY_STATE, this);
        tracker.open();
    }

    /** The time of the content that was offered, or null for a bundle that carries no model. */
    @Override
    public Long addingBundle(Bundle bundle, BundleEvent event) {
        return isModel(bundle) ? offer(bundle) : null;
    }

    @Override
    public void modifiedBundle(Bundle bundle, BundleEvent event, Long offered) {
        if (event != null && event.getType() == BundleEvent.UPDATED) {
            catalog.withdraw(origin(bundle));
            offer(bundle);
        }
    }

    @Override
    public void removedBundle(Bundle bundle, BundleEvent event, Long offered) {
        catalog.withdraw(origin(bundle));
    }

    @Override
    public void close() {
        tracker.close();
    }

    private static boolean isModel(Bundle bundle) {
        return bundle.getHeaders("").get(ModelHeader.NAME) != null;
    }

    private long offer(Bundle bundle) {
        long time = bundle.getLastModified();
        String value = bundle.getHeaders("").get(ModelHeader.NAME);
        try {
            catalog.offer(
                    origin(bundle),
                    ModelHeader.parse(String.valueOf(value)),
                    new Content(bundle, time));
        } catch (IllegalArgumentException e) {
            catalog.refuse(origin(bundle), e.getMessage());
        }
        return time;
    }

    private static String origin(Bundle bundle) {
        return bundle.getSymbolicName() + " [" + bundle.getBundleId() + "]";
    }

    /** A bundle's model as it was at one time. */
    private record Content(Bundle bundle, long time) implements ModelSource {
        @Override
        public List<String> paths() throws IOException {
            List<String> paths = new ArrayList<>();
            collect(ModelHeader.FOLDER, paths);
            return paths;
        }

        @Override
        public InputStream open(String path) throws IOException {
            try {
                URL entry = bundle.getEntry(ModelHeader.FOLDER + path);
                if (entry == null) {
                    throw new IOException(path + " is not in the bundle");
                }
                return entry.openStream();
            } catch (RuntimeException e) {
                throw new IOException("the framework is replacing the bundle", e);
            }
        }

        @Override
        public boolean changed() {
            return bundle.getState() == Bundle.UNINSTALLED || bundle.getLastModified() != time;
        }

        private void collect(String folder, List<String> paths) throws IOException {
            Enumeration<String> entries = bundle.getEntryPaths(folder);
            if (entries == null) {
                return;
            }
            for (String entry : Collections.list(entries)) {
                if (entry.endsWith("/")) {
                    collect(entry, paths);
                } else if (paths.size() == MAX_FILES) {
                    throw new IOException("more than " + MAX_FILES + " files");
                } else {
                    paths.add(entry.substring(ModelHeader.FOLDER.length()));
                }
            }
        }
    }
}
