/** Wire components with several ports. */
@Export
@Version("1.0.0")
package org.eclipse.kura.wire.multiport;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
