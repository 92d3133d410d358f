package io.karu.aggregator.deployment;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One change to one gateway.
 *
 * @param id the {@code job.id} of DEPLOY-V2
 * @param order what to do
 * @param origin who asked: a user name, or {@code desired-state} for a repair
 * @param state see {@link JobState}
 * @param restoring whether the previous package is being re-installed
 * @param step what happens now or what is awaited, for a person
 * @param progress percent of the download, 0 to 100
 * @param failure why it failed; absent unless FAILED, CANCELLED or restoring
 * @param previous what is re-installed when the new package does not work; absent when there is
 *     none
 * @param notBefore start of the maintenance window; absent: at once
 */
public record Job(
        long id,
        GatewayId gateway,
        Order order,
        String origin,
        JobState state,
        boolean restoring,
        String step,
        int progress,
        Optional<Failure> failure,
        Optional<PackageId> previous,
        Optional<Instant> notBefore,
        Instant createdAt,
        Instant updatedAt,
        Optional<Instant> endedAt) {
    public Job {
        Objects.requireNonNull(gateway, "gateway");
        Objects.requireNonNull(order, "order");
        Objects.requireNonNull(state, "state");
    }

    /**
     * Why a job failed.
     *
     * @param code stable, for a program
     * @param bundle the bundle that does not work; absent when the failure is not of one bundle
     * @param reason for a person
     * @param outcome what runs on the gateway now, for a person
     */
    public record Failure(
            FailureCode code, Optional<String> bundle, String reason, String outcome) {}

    /** Stable reasons. */
    public enum FailureCode {
        UNFIT,
        NEEDS_RESTART,
        REFUSED,
        DOWNLOAD_FAILED,
        INSTALL_FAILED,
        BUNDLE_NOT_ACTIVE,
        UNHEALTHY,
        NOT_INSTALLED,
        NO_ANSWER,
        GATEWAY_GONE,
        ACTIVATION_FAILED,
        CONFIGURATION_REFUSED,
        CANCELLED,
        INTERNAL
    }
}
