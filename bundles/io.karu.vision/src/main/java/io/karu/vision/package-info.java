/**
 * Images, boards and defects: decoding, connected components, boxes and their scoring, heat maps.
 * Plain Java, no native code.
 */
@Export
@Version("1.0.0")
package io.karu.vision;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
