/** Extensions of the installation of deployment packages. */
@Export
@Version("1.0.0")
package org.eclipse.kura.deployment.hook;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
