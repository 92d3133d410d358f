/** The broker, the aggregator's own connection to it, and requests over Kura's control topics. */
package io.karu.aggregator.mqtt;
