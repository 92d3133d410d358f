package io.karu.gateway.configuration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.KuraPartialSuccessException;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.SelfConfiguringComponent;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.OCDService;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Filter;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's configuration service on ConfigurationAdmin, whose own store starts empty: the newest
 * snapshot is what is remembered. Components are known by {@code kura.service.pid};
 * ConfigurationAdmin's pids of factory instances are generated. Neither types nor bounds of a
 * metatype are enforced, as on Kura.
 */
@Component(
        name = "org.eclipse.kura.configuration.ConfigurationService",
        immediate = true,
        property = "kura.service.pid=org.eclipse.kura.configuration.ConfigurationService")
public final class KuraConfigurationService implements ConfigurationService, OCDService {

    private static final Logger LOG = LoggerFactory.getLogger(KuraConfigurationService.class);
    private static final String INITIAL = "io.karu.gateway.initial";

    /**
     * @param factoryPid null for a singleton
     */
    record Instance(String servicePid, String factoryPid) {}

    private final StoredConfigurations stored;
    private final Passwords passwords;
    private final MetatypeDefaults defaults;
    private final SnapshotStore snapshots;
    private final BundleContext context;
    private final MetatypeTracker metatypes;
    private final ComponentTracker components;

    private final Definitions definitions = new Definitions();
    private final Map<String, Instance> instances = new HashMap<>();
    private final Set<String> activated = new TreeSet<>();
    private final Set<String> deleted = new HashSet<>();
    private final Map<String, SelfConfiguringComponent> selfConfiguring = new HashMap<>();

    @Activate
    public KuraConfigurationService(
            BundleContext context,
            @Reference ConfigurationAdmin admin,
            @Reference CryptoService crypto,
            @Reference SystemService system)
            throws KuraException, InvalidSyntaxException {
        this.context = context;
        this.stored = new StoredConfigurations(admin);
        this.passwords = new Passwords(crypto);
        this.defaults = new MetatypeDefaults(passwords);
        this.snapshots =
                new SnapshotStore(
                        Path.of(system.getKuraSnapshotsDirectory()),
                        system.getKuraSnapshotsCount(),
                        crypto);
        applyInitial();
        applyLatestSnapshot();
        this.metatypes = new MetatypeTracker(context, this);
        this.metatypes.open();
        this.components = new ComponentTracker(context, this);
        this.components.open();
    }

    @Deactivate
    void deactivate() {
        components.close();
        metatypes.close();
    }

    private void applyInitial() throws KuraException {
        String file = context.getProperty(INITIAL);
        if (file == null || !snapshots.ids().isEmpty()) {
            return;
        }
        try {
            List<ComponentConfiguration> initial = new ArrayList<>();
            for (ComponentConfiguration each :
                    ConfigurationJson.read(Files.readString(Path.of(file)))) {
                initial.add(
                        new Configured(
                                each.getPid(),
                                null,
                                passwords.encrypted(each.getConfigurationProperties())));
            }
            snapshots.save(SnapshotStore.SEED, initial);
            LOG.info("Applying {} with {} components", file, initial.size());
        } catch (IOException | IllegalArgumentException e) {
            throw new KuraException(
                    KuraErrorCode.CONFIGURATION_ERROR, e, file + ": " + e.getMessage());
        }
    }

    /**
     * Puts the newest readable snapshot into ConfigurationAdmin, where bundles find it when they
     * come up.
     */
    private void applyLatestSnapshot() throws KuraException {
        for (long id : snapshots.ids().descendingSet()) {
            try {
                for (ComponentConfiguration each : snapshots.load(id)) {
                    restore(each);
                }
                LOG.info("Snapshot {} applied", id);
                return;
            } catch (KuraException e) {
                LOG.error("Snapshot {} cannot be applied, trying the one before", id, e);
            }
        }
    }

    private void restore(ComponentConfiguration configuration) throws KuraException {
        Object factoryPid =
                configuration
                        .getConfigurationProperties()
                        .get(ConfigurationAdmin.SERVICE_FACTORYPID);
        if (factoryPid != null) {
            create(
                    factoryPid.toString(),
                    configuration.getPid(),
                    configuration.getConfigurationProperties());
        } else {
            Map<String, Object> properties = configuration.getConfigurationProperties();
            properties.put(KURA_SERVICE_PID, configuration.getPid());
            defaults.merge(definition(configuration.getPid()), properties);
            stored.write(servicePid(configuration.getPid()), properties);
        }
    }

    // Bundles and services that come and go

    synchronized void definitionAdded(MetatypeXml.Component component, Bundle bundle) {
        String pid = component.pid();
        definitions.add(component, bundle);
        List<String> pids = component.factory() ? instancesOf(pid) : List.of(pid);
        for (String each : pids) {
            try {
                updateWithDefaults(each, component.definition());
            } catch (KuraException e) {
                LOG.error("Component {} keeps the configuration that it has", each, e);
            }
        }
    }

    /**
     * What runs on without its definition is passed over by updates; its services go with their own
     * bundle.
     */
    synchronized void definitionsRemoved(Bundle bundle) {
        definitions.removeOf(bundle);
    }

    private List<String> instancesOf(String factoryPid) {
        return instances.entrySet().stream()
                .filter(entry -> factoryPid.equals(entry.getValue().factoryPid()))
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized void componentAdded(String pid, Instance instance, Object component) {
        Instance known = instances.get(pid);
        if (known != null
                && known.factoryPid() != null
                && !known.servicePid().equals(instance.servicePid())) {
            LOG.warn(
                    "Component {} of {} is not tracked: the pid is taken",
                    pid,
                    instance.servicePid());
            return;
        }
        instances.put(pid, instance);
        activated.add(pid);
        if (component instanceof SelfConfiguringComponent self) {
            selfConfiguring.put(pid, self);
        }
        OCD definition = definition(pid);
        if (definition != null) {
            try {
                updateWithDefaults(pid, definition);
            } catch (KuraException e) {
                LOG.error("Component {} keeps the configuration that it has", pid, e);
            }
        }
    }

    /** A component whose service goes is not configurable until it is back. */
    synchronized void componentRemoved(String pid, Instance instance) {
        Instance known = instances.get(pid);
        if (known != null && known.servicePid().equals(instance.servicePid())) {
            activated.remove(pid);
            selfConfiguring.remove(pid);
        }
    }

    // Reading

    @Override
    public synchronized Set<String> getConfigurableComponentPids() {
        return Collections.unmodifiableSet(new TreeSet<>(activated));
    }

    @Override
    public synchronized Set<String> getFactoryComponentPids() {
        return definitions.factories();
    }

    /**
     * With passwords in clear, as on Kura; {@link #getComponentConfigurations()} leaves them
     * encrypted.
     */
    @Override
    public ComponentConfiguration getComponentConfiguration(String pid) throws KuraException {
        ComponentConfiguration configuration = current(pid);
        return configuration == null
                ? null
                : new Configured(
                        pid,
                        configuration.getDefinition(),
                        passwords.clear(configuration.getConfigurationProperties()));
    }

    /** Null when the pid is not configurable now. */
    private synchronized ComponentConfiguration current(String pid) throws KuraException {
        if (pid == null || !activated.contains(pid)) {
            return null;
        }
        SelfConfiguringComponent self = selfConfiguring.get(pid);
        if (self == null) {
            OCD ocd = definition(pid);
            return new Configured(pid, ocd, stored.read(servicePid(pid), ocd));
        }
        ComponentConfiguration own = self.getConfiguration();
        if (own == null || !pid.equals(own.getPid()) || own.getDefinition() == null) {
            LOG.error(
                    "Component {} is left out: it gives no definition, or a configuration of another pid",
                    pid);
            return null;
        }
        return own;
    }

    @Override
    public synchronized List<ComponentConfiguration> getComponentConfigurations()
            throws KuraException {
        return configurationsOf(activated);
    }

    @Override
    public synchronized List<ComponentConfiguration> getComponentConfigurations(Filter filter)
            throws KuraException {
        try {
            Collection<ServiceReference<?>> references = new ArrayList<>();
            ServiceReference<?>[] found = context.getAllServiceReferences(null, filter.toString());
            if (found != null) {
                references.addAll(List.of(found));
            }
            Set<String> pids = new TreeSet<>();
            for (ServiceReference<?> reference : references) {
                Object pid = reference.getProperty(KURA_SERVICE_PID);
                if (pid instanceof String && activated.contains(pid)) {
                    pids.add((String) pid);
                }
            }
            return configurationsOf(pids);
        } catch (InvalidSyntaxException e) {
            throw new KuraException(KuraErrorCode.INVALID_PARAMETER, e, filter);
        }
    }

    private List<ComponentConfiguration> configurationsOf(Collection<String> pids) {
        List<ComponentConfiguration> configurations = new ArrayList<>();
        for (String pid : pids) {
            try {
                ComponentConfiguration configuration = current(pid);
                if (configuration != null) {
                    configurations.add(configuration);
                }
            } catch (KuraException | RuntimeException e) {
                LOG.error("Component {} is left out: its configuration cannot be read", pid, e);
            }
        }
        return configurations;
    }

    @Override
    public synchronized ComponentConfiguration getDefaultComponentConfiguration(String pid) {
        OCD ocd = definition(pid);
        return new Configured(pid, ocd, passwords.clear(defaults.of(ocd)));
    }

    @Override
    public synchronized List<ComponentConfiguration> getFactoryComponentOCDs() {
        return getFactoryComponentPids().stream().map(this::getFactoryComponentOCD).toList();
    }

    /** Null when no active bundle defines that factory. */
    @Override
    public synchronized ComponentConfiguration getFactoryComponentOCD(String factoryPid) {
        return definitions.factories().contains(factoryPid)
                ? new Configured(factoryPid, definitions.find(factoryPid), Map.of())
                : null;
    }

    @Override
    public List<ComponentConfiguration> getServiceProviderOCDs(String... classNames) {
        return List.of();
    }

    @Override
    public List<ComponentConfiguration> getServiceProviderOCDs(Class<?>... classes) {
        return List.of();
    }

    // Changing

    @Override
    public synchronized void createFactoryConfiguration(
            String factoryPid, String pid, Map<String, Object> properties, boolean takeSnapshot)
            throws KuraException {
        create(factoryPid, pid, passwords.encrypted(properties == null ? Map.of() : properties));
        if (takeSnapshot) {
            snapshot();
        }
    }

    private void create(String factoryPid, String pid, Map<String, Object> properties)
            throws KuraException {
        if (factoryPid == null) {
            throw new KuraException(KuraErrorCode.INVALID_PARAMETER, "factory pid cannot be null");
        }
        if (pid == null || pid.isEmpty()) {
            throw new KuraException(KuraErrorCode.INVALID_PARAMETER, "pid cannot be null");
        }
        if (instances.containsKey(pid)) {
            throw new KuraException(
                    KuraErrorCode.INVALID_PARAMETER, "pid " + pid + " already exists");
        }
        Map<String, Object> complete = new HashMap<>(properties);
        defaults.merge(definitions.find(factoryPid), complete);
        complete.put(KURA_SERVICE_PID, pid);
        complete.put(ConfigurationAdmin.SERVICE_FACTORYPID, factoryPid);
        complete.remove(Constants.SERVICE_PID);
        String servicePid = stored.create(factoryPid);
        instances.put(pid, new Instance(servicePid, factoryPid));
        activated.add(pid);
        deleted.remove(pid);
        stored.write(servicePid, complete);
    }

    @Override
    public synchronized void deleteFactoryConfiguration(String pid, boolean takeSnapshot)
            throws KuraException {
        delete(pid);
        if (takeSnapshot) {
            snapshot();
        }
    }

    private void delete(String pid) throws KuraException {
        Instance instance = pid == null ? null : instances.get(pid);
        if (instance == null || instance.factoryPid() == null) {
            throw new KuraException(
                    KuraErrorCode.INVALID_PARAMETER, "pid " + pid + " is no factory component");
        }
        stored.delete(instance.servicePid());
        instances.remove(pid);
        activated.remove(pid);
        deleted.add(pid);
    }

    @Override
    public void updateConfiguration(String pid, Map<String, Object> properties)
            throws KuraException {
        updateConfiguration(pid, properties, true);
    }

    @Override
    public void updateConfiguration(
            String pid, Map<String, Object> properties, boolean takeSnapshot) throws KuraException {
        updateConfigurations(List.of(new Configured(pid, null, properties)), takeSnapshot);
    }

    @Override
    public void updateConfigurations(List<ComponentConfiguration> configs) throws KuraException {
        updateConfigurations(configs, true);
    }

    /**
     * Merges; a pid that is not known is created when it names its factory, and passed over
     * otherwise.
     */
    @Override
    public synchronized void updateConfigurations(
            List<ComponentConfiguration> configs, boolean takeSnapshot) throws KuraException {
        List<Throwable> causes = new ArrayList<>();
        for (ComponentConfiguration each : configs) {
            if (each == null || each.getConfigurationProperties() == null) {
                continue;
            }
            try {
                update(each.getPid(), passwords.encrypted(each.getConfigurationProperties()));
            } catch (KuraException e) {
                LOG.warn("Component {} is not updated: {}", each.getPid(), e.getMessage());
                causes.add(e);
            }
        }
        if (takeSnapshot) {
            snapshot();
        }
        if (!causes.isEmpty()) {
            throw new KuraPartialSuccessException("updateConfigurations", causes);
        }
    }

    private void update(String pid, Map<String, Object> changes) throws KuraException {
        Object factoryPid = changes.get(ConfigurationAdmin.SERVICE_FACTORYPID);
        if (!instances.containsKey(pid) && factoryPid != null) {
            create(factoryPid.toString(), pid, changes);
            return;
        }
        OCD ocd = selfConfiguring.containsKey(pid) ? current(pid).getDefinition() : definition(pid);
        if (!activated.contains(pid) || ocd == null) {
            LOG.warn(
                    "Configuration of {} is passed over: no such component runs, or nothing defines it",
                    pid);
            return;
        }
        Map<String, Object> properties = stored.read(servicePid(pid), ocd);
        properties.putAll(changes);
        properties.put(KURA_SERVICE_PID, pid);
        defaults.merge(ocd, properties);
        stored.write(servicePid(pid), properties);
    }

    // Snapshots

    @Override
    public synchronized long snapshot() throws KuraException {
        List<ComponentConfiguration> configurations = new ArrayList<>();
        Set<String> present = new HashSet<>();
        for (ComponentConfiguration each : configurationsOf(activated)) {
            Map<String, Object> properties = passwords.encrypted(each.getConfigurationProperties());
            configurations.add(new Configured(each.getPid(), null, properties));
            present.add(each.getPid());
        }
        var latest = snapshots.latest();
        if (latest.isPresent()) {
            for (ComponentConfiguration each : snapshots.load(latest.getAsLong())) {
                if (!deleted.contains(each.getPid()) && present.add(each.getPid())) {
                    configurations.add(each);
                }
            }
        }
        long id = snapshots.save(configurations);
        deleted.clear();
        return id;
    }

    @Override
    public Set<Long> getSnapshots() throws KuraException {
        return snapshots.ids();
    }

    /** Passwords keep the encrypted form in which they are stored. */
    @Override
    public List<ComponentConfiguration> getSnapshot(long sid) throws KuraException {
        return snapshots.load(sid);
    }

    /** To the last but one. */
    @Override
    public synchronized long rollback() throws KuraException {
        NavigableSet<Long> ids = snapshots.ids();
        if (ids.size() < 2) {
            throw new KuraException(
                    KuraErrorCode.CONFIGURATION_SNAPSHOT_NOT_FOUND,
                    "there is no snapshot to go back to");
        }
        long id = ids.lower(ids.last());
        rollback(id);
        return id;
    }

    /**
     * Deletes and re-creates every factory component, the cloud connection's included, and stores a
     * new snapshot.
     */
    @Override
    public synchronized void rollback(long id) throws KuraException {
        List<ComponentConfiguration> target = snapshots.load(id);
        List<Throwable> causes = new ArrayList<>();
        Set<String> factories = new HashSet<>();
        instances.forEach(
                (pid, instance) -> {
                    if (instance.factoryPid() != null) {
                        factories.add(pid);
                    }
                });
        for (String pid : factories) {
            attempt(causes, () -> delete(pid));
        }
        Set<String> restored = new HashSet<>();
        for (ComponentConfiguration each : target) {
            restored.add(each.getPid());
            attempt(causes, () -> restore(each));
        }
        for (String pid : List.copyOf(activated)) {
            if (!restored.contains(pid) && definition(pid) != null) {
                attempt(
                        causes,
                        () -> restore(new Configured(pid, null, defaults.of(definition(pid)))));
            }
        }
        saveRolledBack(target);
        if (!causes.isEmpty()) {
            throw new KuraPartialSuccessException("rollback", causes);
        }
    }

    private void saveRolledBack(List<ComponentConfiguration> target) throws KuraException {
        Set<String> present = new HashSet<>();
        List<ComponentConfiguration> configurations = new ArrayList<>();
        for (ComponentConfiguration each : configurationsOf(activated)) {
            Map<String, Object> properties = passwords.encrypted(each.getConfigurationProperties());
            configurations.add(new Configured(each.getPid(), null, properties));
            present.add(each.getPid());
        }
        target.stream().filter(each -> present.add(each.getPid())).forEach(configurations::add);
        snapshots.save(configurations);
        deleted.clear();
    }

    private interface Change {
        void make() throws KuraException;
    }

    private static void attempt(List<Throwable> causes, Change change) {
        try {
            change.make();
        } catch (KuraException e) {
            LOG.warn("Rollback goes on without: {}", e.getMessage());
            causes.add(e);
        }
    }

    // Values

    private OCD definition(String pid) {
        Instance instance = instances.get(pid);
        return definitions.find(
                instance == null || instance.factoryPid() == null ? pid : instance.factoryPid());
    }

    private void updateWithDefaults(String pid, OCD ocd) throws KuraException {
        Map<String, Object> properties = stored.read(servicePid(pid), ocd);
        boolean changed = !pid.equals(properties.put(KURA_SERVICE_PID, pid));
        changed |= defaults.merge(ocd, properties);
        if (changed) {
            stored.write(servicePid(pid), properties);
        }
    }

    /** ConfigurationAdmin's pid of a component. */
    private String servicePid(String pid) {
        Instance instance = instances.get(pid);
        return instance == null ? pid : instance.servicePid();
    }
}
