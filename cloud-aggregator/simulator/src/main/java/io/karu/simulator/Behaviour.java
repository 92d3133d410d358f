package io.karu.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** How a gateway behaves; may be changed at any time. Thread-safe. */
public final class Behaviour {
    /** What happens at the next installation. */
    public enum Installation {
        WORKS,
        /** The file does not arrive. */
        DOWNLOAD_FAILS,
        /** DeploymentAdmin refuses it. */
        INSTALL_FAILS,
        /** It is installed, but a bundle stays INSTALLED. */
        BUNDLE_UNRESOLVED,
        /** The connection is lost as the download begins; it goes on, and nobody hears of it. */
        VANISHES
    }

    private final Map<String, String> failing = new ConcurrentHashMap<>();
    private volatile Duration replyDelay = Duration.ZERO;
    private volatile Duration installTime = Duration.ZERO;
    private volatile Duration clockSkew = Duration.ZERO;
    private volatile int bytesPerSecond = Integer.MAX_VALUE;
    private volatile boolean silent;
    private volatile Function<String, Installation> installation = name -> Installation.WORKS;
    private volatile Function<String, Optional<String>> activation = digest -> Optional.empty();

    /** Every reply comes this much later: a slow link. */
    public Behaviour replyDelay(Duration delay) {
        replyDelay = delay;
        return this;
    }

    /** How long an installation takes after its download. */
    public Behaviour installTime(Duration time) {
        installTime = time;
        return this;
    }

    /** How far the gateway's clock is ahead; negative: behind. */
    public Behaviour clockSkew(Duration ahead) {
        clockSkew = ahead;
        return this;
    }

    /** How fast downloads arrive. */
    public Behaviour bytesPerSecond(int limit) {
        bytesPerSecond = limit;
        return this;
    }

    /** Requests are not answered, as when a handler throws an Error. */
    public Behaviour silent(boolean now) {
        silent = now;
        return this;
    }

    /** By package name. */
    public Behaviour installation(Function<String, Installation> of) {
        installation = of;
        return this;
    }

    /** By digest: the reason for which an activation is refused; absent: it works. */
    public Behaviour activation(Function<String, Optional<String>> refusal) {
        activation = refusal;
        return this;
    }

    /** A health check fails for this reason. */
    public Behaviour failing(String check, String reason) {
        failing.put(check, reason);
        return this;
    }

    /** All health checks pass again. */
    public Behaviour healthy() {
        failing.clear();
        return this;
    }

    Duration replyDelay() {
        return replyDelay;
    }

    Duration installTime() {
        return installTime;
    }

    /** By the gateway's clock. */
    Instant now() {
        return Instant.now().plus(clockSkew);
    }

    int bytesPerSecond() {
        return bytesPerSecond;
    }

    boolean silent() {
        return silent;
    }

    Installation installation(String packageName) {
        return installation.apply(packageName);
    }

    Optional<String> refusal(String digest) {
        return activation.apply(digest);
    }

    Map<String, String> failing() {
        return failing;
    }
}
