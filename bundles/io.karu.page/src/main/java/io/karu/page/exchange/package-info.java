/**
 * One HTTP request and its answer without servlet types: what joins the operator's page to javax or
 * jakarta servlets.
 */
@Export
@Version("1.0.0")
package io.karu.page.exchange;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
