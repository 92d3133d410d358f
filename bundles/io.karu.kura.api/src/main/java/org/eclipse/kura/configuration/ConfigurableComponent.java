package org.eclipse.kura.configuration;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Marks a service whose configuration Kura manages; see the rules for names in Kura's
 * documentation.
 */
@ConsumerType
public interface ConfigurableComponent {}
