package io.karu.gateway.configuration;

import io.karu.gateway.configuration.KuraConfigurationService.Instance;
import java.util.List;
import java.util.Optional;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.SelfConfiguringComponent;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the services that are configurable, or configure themselves. */
final class ComponentTracker extends ServiceTracker<Object, Object> {

    private static final Logger LOG = LoggerFactory.getLogger(ComponentTracker.class);

    private final KuraConfigurationService service;

    ComponentTracker(BundleContext context, KuraConfigurationService service)
            throws InvalidSyntaxException {
        super(
                context,
                FrameworkUtil.createFilter(
                        "(|(objectClass="
                                + ConfigurableComponent.class.getName()
                                + ")(objectClass="
                                + SelfConfiguringComponent.class.getName()
                                + "))"),
                null);
        this.service = service;
    }

    @Override
    public Object addingService(ServiceReference<Object> reference) {
        Optional<Instance> instance = instance(reference);
        if (instance.isEmpty()) {
            return null;
        }
        Object component = isSelfConfiguring(reference) ? context.getService(reference) : reference;
        service.componentAdded(pidOf(reference), instance.get(), component);
        return component;
    }

    @Override
    public void modifiedService(ServiceReference<Object> reference, Object component) {
        // the pid of a tracked component does not change
    }

    @Override
    public void removedService(ServiceReference<Object> reference, Object component) {
        instance(reference)
                .ifPresent(instance -> service.componentRemoved(pidOf(reference), instance));
        if (isSelfConfiguring(reference)) {
            context.ungetService(reference);
        }
    }

    /** Absent when the service has no pid. */
    private static Optional<Instance> instance(ServiceReference<Object> reference) {
        Object servicePid = reference.getProperty(Constants.SERVICE_PID);
        Object factoryPid = reference.getProperty(ConfigurationAdmin.SERVICE_FACTORYPID);
        if (servicePid instanceof List<?> pids) {
            LOG.warn(
                    "Component {} declares service.pid beside its configuration: Kura would take {} for its pid and lose"
                            + " every update. Remove the property, and require a configuration.",
                    pidOf(reference),
                    pids);
            servicePid = pids.get(pids.size() - 1);
        }
        return servicePid == null
                ? Optional.empty()
                : Optional.of(
                        new Instance(
                                servicePid.toString(),
                                factoryPid == null ? null : factoryPid.toString()));
    }

    private static boolean isSelfConfiguring(ServiceReference<Object> reference) {
        return List.of((String[]) reference.getProperty(Constants.OBJECTCLASS))
                .contains(SelfConfiguringComponent.class.getName());
    }

    private static String pidOf(ServiceReference<Object> reference) {
        Object pid = reference.getProperty(ConfigurationService.KURA_SERVICE_PID);
        if (pid == null) {
            pid = reference.getProperty(Constants.SERVICE_PID);
        }
        return pid instanceof List<?> pids ? pids.get(0).toString() : String.valueOf(pid);
    }
}
