package io.karu.simulator;

import static io.karu.kura.Requests.BAD_REQUEST;
import static io.karu.kura.Requests.ERROR;

import io.karu.kura.Payload;
import io.karu.kura.Requests;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * DEPLOY-V2: one job at a time; a hash that differs gives COMPLETED and then FAILED, as in Kura.
 */
final class Downloads {
    static final String APPLICATION = "DEPLOY-V2";

    private final Identity identity;
    private final Software software;
    private final Behaviour behaviour;
    private final Simulator simulator;
    private final Voice voice;
    private final Runnable vanish;
    private final Topics topics = new Topics();
    private volatile Job busy;
    private volatile boolean everDownloaded;

    /** A reply, and what begins after it has left. */
    record Accepted(Payload.Builder reply, Runnable after) {
        static Accepted of(Payload.Builder reply) {
            return new Accepted(reply, () -> {});
        }
    }

    private record Job(
            long id, String requester, URI uri, String name, String version, String hash) {
        String file() {
            return name + "_" + version + ".dp";
        }
    }

    Downloads(
            Identity identity,
            Software software,
            Behaviour behaviour,
            Simulator simulator,
            Voice voice,
            Runnable vanish) {
        this.identity = identity;
        this.software = software;
        this.behaviour = behaviour;
        this.simulator = simulator;
        this.voice = voice;
        this.vanish = vanish;
    }

    /** A restart forgets the download that was under way. */
    void restarted() {
        busy = null;
        everDownloaded = false;
    }

    Accepted request(String what, Payload request, String requester)
            throws Answers.RefusedException {
        switch (what) {
            case "GET/packages" -> {
                return Accepted.of(text(software.packagesXml()));
            }
            case "GET/bundles" -> {
                return Accepted.of(text(software.bundlesXml()));
            }
            case "GET/download" -> {
                return Accepted.of(status());
            }
            case "GET/install" -> {
                return Accepted.of(Payload.builder().metric("dp.install.status", "IDLE"));
            }
            case "DEL/download" -> {
                return cancel();
            }
            case "EXEC/download" -> {
                return download(request, requester);
            }
            case "EXEC/uninstall" -> {
                return uninstall(request, requester);
            }
            case "EXEC/install" ->
                    throw new Answers.RefusedException(
                            everDownloaded ? BAD_REQUEST : ERROR,
                            "nothing was downloaded since the start");
            default -> throw new Answers.RefusedException(BAD_REQUEST, what + " cannot be done");
        }
    }

    private static Payload.Builder text(String body) {
        return Payload.builder().body(body.getBytes(StandardCharsets.UTF_8));
    }

    private Payload.Builder status() {
        Job now = busy;
        return now == null
                ? Payload.builder()
                        .metric("dp.download.status", "ALREADY DONE")
                        .metric("dp.download.progress", 100)
                        .metric("dp.download.size", 0)
                : Payload.builder()
                        .metric("dp.download.status", "IN_PROGRESS")
                        .metric("dp.download.progress", 50)
                        .metric("dp.download.size", 0)
                        .metric("job.id", now.id());
    }

    private Accepted cancel() throws Answers.RefusedException {
        Job now = busy;
        if (now == null && !everDownloaded) {
            throw new Answers.RefusedException(ERROR, "nothing was downloaded since the start");
        }
        busy = null;
        return new Accepted(
                Payload.builder(),
                () -> {
                    if (now != null) {
                        say(now, "download", progress(0, 0, "CANCELLED", null));
                    }
                });
    }

    private Accepted uninstall(Payload request, String requester) throws Answers.RefusedException {
        String name = need(request, "dp.name", String.class);
        Job job = new Job(need(request, "job.id", Long.class), requester, null, name, "", "");
        return new Accepted(
                Payload.builder(),
                () -> {
                    software.uninstall(name);
                    say(
                            job,
                            "uninstall",
                            Payload.builder()
                                    .metric("dp.name", name)
                                    .metric("dp.uninstall.status", "COMPLETED")
                                    .metric("dp.uninstall.progress", 100));
                });
    }

    private Accepted download(Payload request, String requester) throws Answers.RefusedException {
        if (busy != null) {
            throw new Answers.RefusedException(
                    ERROR,
                    Payload.builder()
                            .metric(Requests.EXCEPTION_MESSAGE, "another download is under way")
                            .metric("download.status", "IN_PROGRESS")
                            .body("another download is under way".getBytes(StandardCharsets.UTF_8)),
                    "busy");
        }
        Job job =
                new Job(
                        need(request, "job.id", Long.class),
                        requester,
                        URI.create(need(request, "dp.uri", String.class)),
                        need(request, "dp.name", String.class),
                        need(request, "dp.version", String.class),
                        request.string("dp.download.hash").orElse(""));
        String protocol = need(request, "dp.download.protocol", String.class);
        need(request, "dp.install.system.update", Boolean.class);
        if (!protocol.equals("HTTP")) {
            return new Accepted(
                    Payload.builder(),
                    () ->
                            say(
                                    job,
                                    "download",
                                    progress(0, 0, "FAILED", protocol + " is not known")));
        }
        busy = job;
        everDownloaded = true;
        return new Accepted(Payload.builder(), () -> begin(job));
    }

    private static <T> T need(Payload request, String metric, Class<T> type)
            throws Answers.RefusedException {
        return request.metric(metric, type)
                .orElseThrow(
                        () ->
                                new Answers.RefusedException(
                                        BAD_REQUEST, metric + " is missing or of another type"));
    }

    private void begin(Job job) {
        Behaviour.Installation fate = behaviour.installation(job.name());
        if (fate == Behaviour.Installation.VANISHES) {
            vanish.run();
        }
        if (fate == Behaviour.Installation.DOWNLOAD_FAILS) {
            unreachable(job, "connection reset");
            return;
        }
        AtomicLong size = new AtomicLong();
        simulator
                .packages()
                .fetch(
                        job.uri(),
                        behaviour.bytesPerSecond(),
                        total -> {
                            size.set(total);
                            say(job, "download", progress(total, 0, "IN_PROGRESS", null));
                        })
                .whenComplete(
                        (file, error) -> {
                            if (busy != job) {
                                return;
                            }
                            if (error != null) {
                                unreachable(job, String.valueOf(error.getMessage()));
                            } else {
                                arrived(job, file, size.get(), fate);
                            }
                        });
    }

    /** Kura tells a failed download twice. */
    private void unreachable(Job job, String reason) {
        busy = null;
        say(job, "download", progress(0, 0, "FAILED", reason));
        say(job, "download", progress(0, 0, "FAILED", reason));
    }

    private void arrived(
            Job job, PackageCache.Fetched file, long size, Behaviour.Installation fate) {
        say(job, "download", progress(size, 100, "COMPLETED", null));
        if (!job.hash().isEmpty() && !job.hash().equals("SHA-256:" + file.sha256())) {
            busy = null;
            say(job, "download", progress(size, 100, "FAILED", "the hash differs"));
            return;
        }
        simulator.later(
                () -> install(job, file, fate),
                behaviour.installTime().toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void install(Job job, PackageCache.Fetched file, Behaviour.Installation fate) {
        if (busy != job) {
            return;
        }
        busy = null;
        try {
            if (fate == Behaviour.Installation.INSTALL_FAILS) {
                throw new IOException("DeploymentAdmin: CODE_BUNDLE_NAME_ERROR");
            }
            software.install(
                    file.content(),
                    fate == Behaviour.Installation.BUNDLE_UNRESOLVED ? "INSTALLED" : "ACTIVE");
            say(job, "install", installed(job, "COMPLETED", 100, null));
        } catch (IOException e) {
            say(job, "install", installed(job, "FAILED", 0, e.getMessage()));
        }
    }

    private static Payload.Builder installed(Job job, String status, int progress, String error) {
        return Payload.builder()
                .metric("dp.name", job.file())
                .metric("dp.install.status", status)
                .metric("dp.install.progress", progress)
                .metric("dp.install.error.message", error);
    }

    private static Payload.Builder progress(long size, int percent, String status, String error) {
        return Payload.builder()
                .metric("dp.download.index", 0)
                .metric("dp.download.size", (int) size)
                .metric("dp.download.progress", percent)
                .metric("dp.download.status", status)
                .metric("dp.download.error.message", error);
    }

    private void say(Job job, String type, Payload.Builder payload) {
        Topic topic =
                new Topic.Notification(
                        identity.account(),
                        job.requester(),
                        APPLICATION,
                        identity.clientId(),
                        type);
        voice.say(
                topics.format(topic),
                payload.metric("job.id", job.id())
                        .metric("client.id", identity.clientId())
                        .build());
    }
}
