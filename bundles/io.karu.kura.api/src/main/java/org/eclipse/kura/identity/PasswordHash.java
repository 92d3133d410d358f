package org.eclipse.kura.identity;

import org.osgi.annotation.versioning.ProviderType;

/** A hash of a password. */
@ProviderType
public interface PasswordHash {}
