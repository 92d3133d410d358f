/** What model versions do in the field: counts, latency, and how a challenger compares. */
@Export
@Version("1.0.0")
package io.karu.api.evidence;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
