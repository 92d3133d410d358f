package io.karu.aggregator.deployment;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topic;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What gateways notified of running jobs. Notifications are fire-and-forget and get lost, also with
 * a restart: whoever misses one asks.
 */
final class Signals {
    private final Map<Key, Signal> signals = new ConcurrentHashMap<>();

    private final JobTrace trace;

    Signals(JobTrace trace) {
        this.trace = trace;
    }

    private record Key(GatewayId gateway, long job) {}

    /**
     * The newest word on a job's download and installation; FAILED is final, as Kura can say
     * COMPLETED before it.
     */
    record Signal(
            Instant at,
            Optional<String> download,
            int progress,
            Optional<String> install,
            Optional<String> error) {
        static final Signal NOTHING =
                new Signal(Instant.EPOCH, Optional.empty(), 0, Optional.empty(), Optional.empty());

        boolean downloadFailed() {
            return download.filter(status -> status.equals("FAILED") || status.equals("CANCELLED"))
                    .isPresent();
        }

        boolean downloadCompleted() {
            return download.filter("COMPLETED"::equals).isPresent();
        }

        boolean installFailed() {
            return install.filter("FAILED"::equals).isPresent();
        }

        boolean installCompleted() {
            return install.filter("COMPLETED"::equals).isPresent();
        }
    }

    /** Takes a notification of DEPLOY-V2. */
    void receive(Topic.Notification topic, byte[] bytes) {
        Payload payload = KuraProtobuf.decode(bytes);
        Optional<Long> job = payload.metric("job.id", Long.class);
        if (job.isEmpty()) {
            return;
        }
        Key key = new Key(new GatewayId(topic.account(), topic.clientId()), job.get());
        switch (topic.type()) {
            case "download" -> signals.merge(key, download(payload), Signals::merge);
            case "install" -> {
                Signal told = install(payload);
                signals.merge(key, told, Signals::merge);
                trace.told(topic, JobRun.jobOf(job.get()), told.install().orElse(""));
            }
            default -> {
                // uninstall: no job of ours
            }
        }
    }

    Signal of(GatewayId gateway, long job) {
        return signals.getOrDefault(new Key(gateway, job), Signal.NOTHING);
    }

    void forget(GatewayId gateway, long job) {
        signals.remove(new Key(gateway, job));
    }

    private static Signal download(Payload payload) {
        return new Signal(
                Instant.now(),
                payload.string("dp.download.status"),
                payload.metric("dp.download.progress", Integer.class).orElse(0),
                Optional.empty(),
                payload.string("dp.download.error.message"));
    }

    private static Signal install(Payload payload) {
        return new Signal(
                Instant.now(),
                Optional.empty(),
                100,
                payload.string("dp.install.status"),
                payload.string("dp.install.error.message"));
    }

    private static Signal merge(Signal before, Signal now) {
        return new Signal(
                now.at(),
                before.downloadFailed() ? before.download() : now.download().or(before::download),
                Math.max(before.progress(), now.progress()),
                before.installFailed() ? before.install() : now.install().or(before::install),
                now.error().or(before::error));
    }
}
