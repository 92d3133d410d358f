package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobEntry;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.Order.ActivateModel;
import io.karu.aggregator.deployment.Order.InstallPackage;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.Order.RollBackModel;
import io.karu.aggregator.deployment.PackageId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code Deployment} of the contract. */
record DeploymentView(
        long id,
        String gateway,
        String kind,
        String subject,
        Optional<String> version,
        Optional<String> previousVersion,
        Optional<Boolean> restart,
        String origin,
        JobState state,
        boolean restoring,
        String step,
        int progress,
        Optional<Job.Failure> failure,
        Optional<Instant> notBefore,
        Instant createdAt,
        Instant updatedAt,
        Optional<Instant> endedAt,
        Optional<List<JobEntry>> history) {

    static DeploymentView of(Job job) {
        return of(job, Optional.empty());
    }

    static DeploymentView of(Job job, Optional<List<JobEntry>> history) {
        return new DeploymentView(
                job.id(),
                job.gateway().clientId(),
                kind(job.order()),
                job.order().subject(),
                version(job.order()),
                job.previous().map(PackageId::version),
                restart(job.order()),
                job.origin(),
                job.state(),
                job.restoring(),
                job.step(),
                job.progress(),
                job.failure(),
                job.notBefore(),
                job.createdAt(),
                job.updatedAt(),
                job.endedAt(),
                history);
    }

    private static String kind(Order order) {
        if (order instanceof InstallPackage) {
            return "install-package";
        }
        if (order instanceof RollBackModel) {
            return "roll-back-model";
        }
        if (order instanceof Order.ClearModel) {
            return "clear-model";
        }
        return order instanceof ActivateModel ? "activate-model" : "write-configuration";
    }

    private static Optional<String> version(Order order) {
        if (order instanceof InstallPackage install) {
            return Optional.of(install.packageId().version());
        }
        return order instanceof ActivateModel activate
                ? Optional.of(activate.digest())
                : Optional.empty();
    }

    private static Optional<Boolean> restart(Order order) {
        return order instanceof InstallPackage install
                ? Optional.of(install.restart() == Restart.AFTER_INSTALL)
                : Optional.empty();
    }

    /** {@code NewDeployment} of the contract. */
    record New(
            List<String> gateways,
            @JsonProperty("package") String name,
            String version,
            boolean restart,
            Optional<Instant> notBefore) {}

    /** {@code CreatedDeployments} of the contract. */
    record Created(List<DeploymentView> deployments, List<Refusal> refused) {}

    record Refusal(String gateway, String code, String detail) {}
}
