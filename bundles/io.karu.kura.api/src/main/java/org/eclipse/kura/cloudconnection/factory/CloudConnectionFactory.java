package org.eclipse.kura.cloudconnection.factory;

import java.util.List;
import java.util.Set;
import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ProviderType;

/** Makes the components of a whole cloud connection. */
@ProviderType
public interface CloudConnectionFactory {

    String KURA_CLOUD_CONNECTION_FACTORY_PID = "kura.cloud.connection.factory.pid";

    void createConfiguration(String pid) throws KuraException;

    void deleteConfiguration(String pid) throws KuraException;

    String getFactoryPid();

    Set<String> getManagedCloudConnectionPids() throws KuraException;

    List<String> getStackComponentsPids(String pid) throws KuraException;
}
