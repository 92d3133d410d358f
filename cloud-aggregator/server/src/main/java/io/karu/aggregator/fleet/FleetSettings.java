package io.karu.aggregator.fleet;

/**
 * What gateways are told.
 *
 * @param requesterId the aggregator's own client id
 * @param advertisedBroker {@code broker-url} for gateways, as {@code mqtt://host:1883}
 */
public record FleetSettings(String requesterId, String advertisedBroker) {}
