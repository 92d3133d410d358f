/**
 * Metrics of inspection: areas under curves for images and for pixels, and how far chance alone may
 * have moved them.
 */
@Version("1.0.0")
package io.karu.learning.metric;

import org.osgi.annotation.versioning.Version;
