/**
 * REST, live events, downloads, uplink and console: a thin adapter of the services behind {@code
 * openapi.yaml}. Nothing else in the aggregator knows HTTP.
 */
package io.karu.aggregator.http;
