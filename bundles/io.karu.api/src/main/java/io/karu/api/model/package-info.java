/**
 * Models, immutable content-addressed versions, aliases, cards, and the lease under which one frame
 * uses one version.
 */
@Export
@Version("1.2.0")
package io.karu.api.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
