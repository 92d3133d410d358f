package io.karu.models;

import io.karu.modelversion.ModelHeader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.util.tracker.BundleTracker;
import org.osgi.util.tracker.BundleTrackerCustomizer;

/**
 * Finds model bundles by their header, whatever their state: a model bundle needs neither to
 * resolve nor to start.
 */
public final class ModelBundles implements BundleTrackerCustomizer<Bundle>, AutoCloseable {
    private static final int ANY_STATE =
            Bundle.INSTALLED | Bundle.RESOLVED | Bundle.STARTING | Bundle.ACTIVE | Bundle.STOPPING;
    private static final int MAX_FILES = 1000;
    private static final int MAX_RELEASE_BYTES = 1 << 20;

    private final BundleTracker<Bundle> tracker;
    private final ModelCatalog catalog;

    /** Begins to offer the model bundles of this framework to the catalog. */
    public ModelBundles(BundleContext context, ModelCatalog catalog) {
        this.catalog = catalog;
        this.tracker = new BundleTracker<>(context, ANY_STATE, this);
        tracker.open();
    }

    /** The bundle itself, or null when it carries no model. */
    @Override
    public Bundle addingBundle(Bundle bundle, BundleEvent event) {
        if (header(bundle) == null) {
            return null;
        }
        offer(bundle);
        return bundle;
    }

    @Override
    public void modifiedBundle(Bundle bundle, BundleEvent event, Bundle tracked) {
        if (event != null && event.getType() == BundleEvent.UPDATED) {
            catalog.withdraw(origin(bundle));
            if (header(bundle) != null) {
                offer(bundle);
            }
        }
    }

    @Override
    public void removedBundle(Bundle bundle, BundleEvent event, Bundle tracked) {
        catalog.withdraw(origin(bundle));
    }

    @Override
    public void close() {
        tracker.close();
    }

    private static String header(Bundle bundle) {
        return bundle.getHeaders("").get(ModelHeader.NAME);
    }

    private void offer(Bundle bundle) {
        String header = header(bundle);
        try {
            catalog.offer(origin(bundle), ModelHeader.parse(header), new Content(bundle, header));
        } catch (IllegalArgumentException e) {
            catalog.refuse(origin(bundle), e.getMessage());
        }
    }

    private static String origin(Bundle bundle) {
        return bundle.getSymbolicName() + " [" + bundle.getBundleId() + "]";
    }

    /**
     * The model in a bundle. While a framework replaces a bundle, reading it may fail in any way.
     */
    private static final class Content implements ModelSource {
        private final Bundle bundle;
        private final String header;
        private long readFrom;

        Content(Bundle bundle, String header) {
            this.bundle = bundle;
            this.header = header;
        }

        @Override
        public List<String> paths() throws IOException {
            readFrom = bundle.getLastModified();
            List<String> paths = new ArrayList<>();
            try {
                collect(ModelHeader.FOLDER, paths);
            } catch (RuntimeException e) {
                throw replacing(e);
            }
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
                throw replacing(e);
            }
        }

        @Override
        public Optional<byte[]> release() throws IOException {
            try {
                URL entry = bundle.getEntry(ModelHeader.RELEASE);
                if (entry == null) {
                    return Optional.empty();
                }
                try (InputStream in = entry.openStream()) {
                    return Optional.of(in.readNBytes(MAX_RELEASE_BYTES));
                }
            } catch (RuntimeException e) {
                throw replacing(e);
            }
        }

        @Override
        public boolean changed() {
            return bundle.getLastModified() != readFrom;
        }

        @Override
        public boolean obsolete() {
            return bundle.getState() == Bundle.UNINSTALLED || !header.equals(header(bundle));
        }

        private IOException replacing(RuntimeException e) {
            return new IOException("the framework is replacing " + origin(bundle), e);
        }

        private void collect(String folder, List<String> paths) throws IOException {
            Enumeration<String> entries = bundle.getEntryPaths(folder);
            if (entries == null) {
                throw new IOException(folder + " is not in the bundle");
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
