/** Spans that follow an order from its REST call to the gateway and back. */
package io.karu.aggregator.trace;
