/**
 * What leaves a gateway and what may be asked of it: verdict journal, ledger, KARU-V1 resources,
 * health.
 */
@Export
@Version("1.0.0")
package io.karu.api.uplink;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
