package org.eclipse.kura.wire;

import org.osgi.annotation.versioning.ProviderType;

/** Marks a component of the wire graph. */
@ProviderType
public interface WireComponent {}
