/** The gateways: credentials, presence, inventory, health, drift. */
package io.karu.aggregator.fleet;
