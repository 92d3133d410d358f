/** The wire graph, its ports and its configuration. */
@Export
@Version("1.0.0")
package org.eclipse.kura.wire.graph;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
