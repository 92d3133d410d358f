package io.karu.aggregator.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A BIRTH or APPS message (Kura {@code LifeCyclePayloadBuilder}).
 *
 * @param at when it arrived
 * @param metrics its metrics as text, by Kura's names ({@code kura_version}, {@code os_arch} …)
 */
public record BirthCertificate(Instant at, Map<String, String> metrics) {
    public BirthCertificate {
        Objects.requireNonNull(at, "at");
        metrics = Map.copyOf(metrics);
    }

    public String metric(String name) {
        return metrics.getOrDefault(name, "");
    }

    public String displayName() {
        return metric("display_name");
    }

    public String kuraVersion() {
        return metric("kura_version");
    }

    public String javaVersion() {
        return metric("jvm_version");
    }

    public String architecture() {
        return metric("os_arch");
    }

    /** Ids of the applications that answer requests, as {@code DEPLOY-V2}. */
    public List<String> applicationIds() {
        return Arrays.stream(metric("application_ids").split(","))
                .map(String::trim)
                .filter(id -> !id.isEmpty())
                .toList();
    }

    public boolean answers(String applicationId) {
        return applicationIds().contains(applicationId);
    }

    /** How long its process had been running; absent when it did not tell. */
    public Optional<Duration> uptime() {
        try {
            return Optional.of(Duration.ofMillis(Long.parseLong(metric("uptime"))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** The major Java version; 0 when the gateway did not tell one that can be read. */
    public int javaMajor() {
        List<Integer> numbers = numbers(javaVersion());
        if (numbers.isEmpty()) {
            return 0;
        }
        return numbers.get(0) == 1 && numbers.size() > 1 ? numbers.get(1) : numbers.get(0);
    }

    /**
     * The major Kura version, as 5 of {@code KURA_5.6.0}; 0 when the gateway did not tell one that
     * can be read.
     */
    public int kuraMajor() {
        List<Integer> numbers = numbers(kuraVersion());
        return numbers.isEmpty() ? 0 : numbers.get(0);
    }

    private static List<Integer> numbers(String version) {
        return Arrays.stream(version.split("[^0-9]+"))
                .filter(part -> !part.isEmpty() && part.length() < 6)
                .map(Integer::valueOf)
                .toList();
    }
}
