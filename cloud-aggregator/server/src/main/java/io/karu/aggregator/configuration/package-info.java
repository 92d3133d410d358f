/** Component configurations on gateways, through CONF-V2. */
package io.karu.aggregator.configuration;
