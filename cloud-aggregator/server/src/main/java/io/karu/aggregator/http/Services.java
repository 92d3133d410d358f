package io.karu.aggregator.http;

import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.compression.Compressions;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.identity.Enroller;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.rollout.RolloutService;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.People;
import io.karu.aggregator.trace.Tracing;
import io.karu.aggregator.verdict.VerdictStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the HTTP server is a face of.
 *
 * @param about account and broker address as gateways need them
 * @param readiness named checks of {@code /health/ready}
 * @param metrics served at {@code /metrics}
 * @param tracing follows calls that change something
 * @param backup writes a consistent copy of the state as a zip file
 */
public record Services(
        FleetService fleet,
        ConfigurationService configurations,
        PackageRepository packages,
        DeploymentService deployments,
        RolloutService rollouts,
        Compressions compressions,
        Registry registry,
        VerdictStore verdicts,
        BlobStore blobs,
        EventBus events,
        People people,
        Optional<Oidc> oidc,
        Audit audit,
        GatewayIdentities identities,
        Enroller enroller,
        About about,
        List<Check> readiness,
        Metrics metrics,
        Tracing tracing,
        Backup backup) {
    /**
     * The aggregator itself.
     *
     * @param version of Karu
     * @param account first level of the topics of newly registered gateways
     * @param brokerUrl the broker as advertised to gateways
     */
    public record About(String version, String account, String brokerUrl) {}

    /** One condition for being ready. */
    public record Check(String name, Supplier<Boolean> ok, String reasonWhenNot) {}

    /** See {@link Services#backup()}. */
    public interface Backup {
        void writeTo(java.io.OutputStream zip) throws java.io.IOException;
    }

    public Services {
        readiness = List.copyOf(readiness);
    }
}
