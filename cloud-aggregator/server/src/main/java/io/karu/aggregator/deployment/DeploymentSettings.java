package io.karu.aggregator.deployment;

/**
 * How deployments reach gateways.
 *
 * @param base the aggregator's HTTP address as gateways reach it, without a final slash
 */
public record DeploymentSettings(String base, DeploymentTimes times) {}
