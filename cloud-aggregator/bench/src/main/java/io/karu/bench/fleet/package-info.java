/** What one aggregator bears: {@code ./karu bench fleet}. */
package io.karu.bench.fleet;
