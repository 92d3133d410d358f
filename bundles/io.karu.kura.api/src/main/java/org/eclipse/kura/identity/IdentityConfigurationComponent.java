package org.eclipse.kura.identity;

import org.osgi.annotation.versioning.ProviderType;

/** One part of the configuration of an identity. */
@ProviderType
public interface IdentityConfigurationComponent {}
