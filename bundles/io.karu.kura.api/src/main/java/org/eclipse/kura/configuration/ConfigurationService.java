package org.eclipse.kura.configuration;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ProviderType;
import org.osgi.framework.Filter;

/** Reads, changes and snapshots the configuration of every tracked component. */
@ProviderType
public interface ConfigurationService {

    String KURA_SERVICE_PID = "kura.service.pid";

    void createFactoryConfiguration(
            String factoryPid, String pid, Map<String, Object> properties, boolean takeSnapshot)
            throws KuraException;

    void deleteFactoryConfiguration(String pid, boolean takeSnapshot) throws KuraException;

    ComponentConfiguration getComponentConfiguration(String pid) throws KuraException;

    List<ComponentConfiguration> getComponentConfigurations() throws KuraException;

    List<ComponentConfiguration> getComponentConfigurations(Filter filter) throws KuraException;

    Set<String> getConfigurableComponentPids();

    ComponentConfiguration getDefaultComponentConfiguration(String pid) throws KuraException;

    Set<String> getFactoryComponentPids();

    List<ComponentConfiguration> getSnapshot(long sid) throws KuraException;

    Set<Long> getSnapshots() throws KuraException;

    long rollback() throws KuraException;

    void rollback(long id) throws KuraException;

    long snapshot() throws KuraException;

    void updateConfiguration(String pid, Map<String, Object> properties, boolean takeSnapshot)
            throws KuraException;

    void updateConfiguration(String pid, Map<String, Object> properties) throws KuraException;

    void updateConfigurations(List<ComponentConfiguration> configs, boolean takeSnapshot)
            throws KuraException;

    void updateConfigurations(List<ComponentConfiguration> configs) throws KuraException;
}
