/**
 * Golden-template comparison on a gateway and in an evaluation: the same pixels in, the same
 * findings out.
 */
@Export
@Version("1.0.0")
package io.karu.vision.template;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
