package io.karu.aggregator.deployment;

import java.time.Duration;

/**
 * Deadlines of jobs.
 *
 * @param request for one answer of a gateway
 * @param activation for the answer to a model's activation, which verifies and warms up
 * @param poll between two looks at a gateway that is still changing
 * @param silence without a notification before the gateway is asked
 * @param applications for applications to appear after a BIRTH
 * @param verification for bundles to become ACTIVE
 * @param health for the gateway's checks to pass after that
 * @param absence for a gateway to come back in the middle of a job
 * @param queued for a gateway to come before a job begins
 * @param token for a download to begin
 * @param starting for a gateway that has just started to install its packages again
 * @param repairPause between two attempts to repair the same difference
 */
public record DeploymentTimes(
        Duration request,
        Duration activation,
        Duration poll,
        Duration silence,
        Duration applications,
        Duration verification,
        Duration health,
        Duration absence,
        Duration queued,
        Duration token,
        Duration starting,
        Duration repairPause) {
    public static final DeploymentTimes DEFAULT =
            new DeploymentTimes(
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(90),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(60),
                    Duration.ofMinutes(3),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(90),
                    Duration.ofMinutes(30),
                    Duration.ofDays(7),
                    Duration.ofHours(1),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(30));
}
