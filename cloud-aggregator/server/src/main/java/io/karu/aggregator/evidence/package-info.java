/** What model versions do in the field, as gateways report it (docs/contracts.md, 1, Evidence). */
package io.karu.aggregator.evidence;
