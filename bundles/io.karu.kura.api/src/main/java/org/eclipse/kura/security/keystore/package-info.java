/** Key stores of the device. */
@Export
@Version("1.2.0")
package org.eclipse.kura.security.keystore;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
