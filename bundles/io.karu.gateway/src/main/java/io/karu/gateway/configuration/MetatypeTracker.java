package io.karu.gateway.configuration;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.util.tracker.BundleTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds {@code OSGI-INF/metatype/<pid>.xml} in bundles while they are ACTIVE. */
final class MetatypeTracker extends BundleTracker<List<MetatypeXml.Component>> {

    private static final Logger LOG = LoggerFactory.getLogger(MetatypeTracker.class);
    private static final String DIRECTORY = "OSGI-INF/metatype";
    private static final String SUFFIX = ".xml";

    private final KuraConfigurationService service;

    MetatypeTracker(BundleContext context, KuraConfigurationService service) {
        super(context, Bundle.ACTIVE, null);
        this.service = service;
    }

    @Override
    public List<MetatypeXml.Component> addingBundle(Bundle bundle, BundleEvent event) {
        var files = bundle.findEntries(DIRECTORY, "*" + SUFFIX, false);
        if (files == null) {
            return null;
        }
        List<MetatypeXml.Component> components = new ArrayList<>();
        for (URL file : Collections.list(files)) {
            String path = file.getPath();
            String pid = path.substring(path.lastIndexOf('/') + 1, path.length() - SUFFIX.length());
            try (InputStream in = file.openStream()) {
                MetatypeXml.read(in, pid).ifPresent(components::add);
            } catch (IOException | IllegalArgumentException e) {
                LOG.warn(
                        "{} of bundle {} is not read: {}",
                        path,
                        bundle.getSymbolicName(),
                        e.getMessage());
            }
        }
        components.forEach(component -> service.definitionAdded(component, bundle));
        return components.isEmpty() ? null : components;
    }

    @Override
    public void removedBundle(
            Bundle bundle, BundleEvent event, List<MetatypeXml.Component> components) {
        service.definitionsRemoved(bundle);
    }
}
