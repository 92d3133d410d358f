/** What the aggregator counts and times, in Prometheus' text format. */
package io.karu.aggregator.metrics;
