package org.eclipse.kura.configuration;

import java.util.Map;
import org.eclipse.kura.configuration.metatype.OCD;
import org.osgi.annotation.versioning.ProviderType;

/** The definition and the current values of one component. */
@ProviderType
public interface ComponentConfiguration {

    Map<String, Object> getConfigurationProperties();

    OCD getDefinition();

    String getPid();
}
