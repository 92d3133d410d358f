/** Samples: frames kept with their verdict and the reason, in the gateway's bounded spool. */
@Export
@Version("1.0.0")
package io.karu.api.sample;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
