package io.karu.aggregator.identity;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;

/** Begins enrolments. */
@FunctionalInterface
public interface Enroller {
    /**
     * Gives a gateway a certificate, or a new one, as soon as it answers.
     *
     * @param newKey whether its key is to be replaced as well
     * @throws AggregatorException {@code IDENTITY_STATE} when its identity is revoked and it was
     *     not readmitted
     */
    GatewayIdentity begin(GatewayId gateway, boolean newKey);
}
