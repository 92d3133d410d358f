/** What a station sees and decides: frames, recipes, findings, verdicts, and those who listen. */
@Export
@Version("1.0.0")
package io.karu.api.inspection;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
