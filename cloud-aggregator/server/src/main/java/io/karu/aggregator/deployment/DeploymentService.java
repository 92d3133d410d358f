package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Jobs and desired states. Progress is told by {@code Event.JobChanged} and {@code
 * Event.JobLogged}. Thread-safe.
 */
public interface DeploymentService {
    /**
     * Queues a job. One job per gateway runs at a time, in order of creation. When it succeeds its
     * order becomes part of the gateway's desired state.
     *
     * @param notBefore start of the maintenance window
     * @param origin user name
     * @throws AggregatorException {@code GATEWAY_NOT_FOUND}, {@code PACKAGE_NOT_FOUND}, {@code
     *     MODEL_NOT_FOUND}, {@code PACKAGE_NEEDS_RESTART} for a native package without restart,
     *     {@code PACKAGE_UNFIT_FOR_GATEWAY}
     */
    Job create(GatewayId gateway, Order order, Optional<Instant> notBefore, String origin);

    Job get(long id);

    /** The newest job on a gateway that was ordered by this origin. */
    Optional<Job> find(GatewayId gateway, String origin);

    /** Newest first. */
    List<Job> list(JobQuery query);

    /** The job's lines in order. */
    List<JobEntry> history(long id);

    /**
     * Cancels a job that has not begun to install.
     *
     * @throws AggregatorException {@code JOB_NOT_FOUND}, {@code JOB_STATE}
     */
    Job cancel(long id);

    /** A new job with the same order; {@code JOB_STATE} unless the job failed or was cancelled. */
    Job retry(long id, String origin);

    DesiredState desired(GatewayId gateway);

    /** Replaces the desired state; differences become jobs. */
    DesiredState desire(GatewayId gateway, DesiredState desired);

    /**
     * Opens a download token ({@code GET /dl/{token}/{name}_{version}.dp}).
     *
     * @throws AggregatorException {@code DOWNLOAD_NOT_FOUND} when unknown, expired, or of another
     *     file
     */
    Download download(String token, String fileName);
}
