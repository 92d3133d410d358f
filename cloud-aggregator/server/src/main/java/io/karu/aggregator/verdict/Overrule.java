package io.karu.aggregator.verdict;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;

/** A person's decision against a verdict, made on the gateway's page. */
public record Overrule(
        GatewayId gateway,
        String station,
        String frame,
        String decision,
        String operator,
        Instant at,
        String note) {}
