/** Identities of people, their passwords and permissions. */
@Export
@Version("1.0.0")
package org.eclipse.kura.identity;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
