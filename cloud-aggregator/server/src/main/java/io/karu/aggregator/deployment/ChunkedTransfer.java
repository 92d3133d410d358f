package io.karu.aggregator.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Kind;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.kura.Method;
import java.time.Instant;
import java.util.Map;

/**
 * Lets a gateway fetch a large package in chunks before DEPLOY-V2 installs it, since Kura's own
 * download begins anew after every interruption. Gateways without Karu's uplink download as Kura
 * does.
 */
final class ChunkedTransfer {
    private final GatewayPort gateways;
    private final UplinkTokens tokens;
    private final long from;
    private final DeploymentTimes times;

    /** What a package's transfer needs next. */
    enum Next {
        /** Kura downloads it. */
        PLAIN,
        /** It is in Kura's downloads folder. */
        INSTALL,
        /** The job says what is awaited. */
        WAIT
    }

    /** {@code from}: packages of fewer bytes are downloaded by Kura. */
    ChunkedTransfer(GatewayPort gateways, UplinkTokens tokens, long from, DeploymentTimes times) {
        this.gateways = gateways;
        this.tokens = tokens;
        this.from = from;
        this.times = times;
    }

    Next advance(JobRun run, StoredPackage content) {
        if (content.sizeBytes() < from) {
            return Next.PLAIN;
        }
        if (!gateways.speaksKaru(run.gateway()) || !tokens.confirmed(run.gateway())) {
            return awaitUplink(run, "it has not come back yet");
        }
        JsonNode transfer;
        try {
            transfer =
                    gateways.karu(
                            run.gateway(),
                            Method.EXEC,
                            "transfers/fetch",
                            Map.of(
                                    "name",
                                    content.id().name(),
                                    "version",
                                    content.id().version(),
                                    "sha256",
                                    content.sha256()),
                            times.request());
        } catch (AggregatorException e) {
            if (e.code().kind() == Kind.UNREACHABLE
                    || "BUSY".equals(e.details().get("gatewayCode"))) {
                run.await(times.poll(), "waiting to fetch in chunks: " + e.getMessage());
                return Next.WAIT;
            }
            return awaitUplink(run, e.getMessage());
        }
        switch (transfer.path("state").asText()) {
            case "DONE" -> {
                run.progress(100);
                return Next.INSTALL;
            }
            case "RUNNING" -> {
                long received = transfer.path("received").asLong();
                run.progress((int) (100 * received / content.sizeBytes()));
                run.await(
                        times.poll(),
                        "the gateway fetches "
                                + content.id()
                                + " in chunks: "
                                + received
                                + " of "
                                + content.sizeBytes()
                                + " bytes; "
                                + transfer.path("reason").asText());
                return Next.WAIT;
            }
            default -> {
                run.remark(
                        "the transfer in chunks failed, Kura downloads instead: "
                                + transfer.path("reason").asText());
                return Next.PLAIN;
            }
        }
    }

    /**
     * A gateway that has begun goes on by itself when it boots again, also before its uplink can be
     * asked: what Kura downloaded meanwhile would come twice. What is sent once more may have been
     * downloaded by Kura from the start, on a gateway that has no uplink.
     */
    private Next awaitUplink(JobRun run, String why) {
        if (run.progress() == 0 || run.memo().attempts() > 0) {
            return Next.PLAIN;
        }
        Instant born = gateways.get(run.gateway()).birth().orElseThrow().at();
        if (Instant.now().isAfter(born.plus(times.applications()))) {
            run.remark("the transfer in chunks is given up, Kura downloads instead: " + why);
            return Next.PLAIN;
        }
        run.await(
                times.poll(),
                "waiting for the gateway's uplink, which has fetched "
                        + run.progress()
                        + " %: "
                        + why);
        return Next.WAIT;
    }
}
