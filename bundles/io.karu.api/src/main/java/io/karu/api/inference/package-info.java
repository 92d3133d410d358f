/**
 * Engines that execute models, without any type of a native stack. Tensors are direct buffers in
 * native byte order.
 */
@Export
@Version("1.0.0")
package io.karu.api.inference;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
