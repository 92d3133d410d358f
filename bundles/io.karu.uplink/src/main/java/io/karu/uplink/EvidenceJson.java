package io.karu.uplink;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Comparison;
import io.karu.api.evidence.Evidence.Latency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Evidence as {@code docs/contracts.md} §1 spells it. */
final class EvidenceJson {
    private static final Path STATUS = Path.of("/proc/self/status");

    private EvidenceJson() {}

    static JsonArray of(Collection<Evidence> evidence) {
        OptionalLong resident = residentBytes(STATUS);
        JsonArray list = new JsonArray();
        evidence.forEach(one -> list.add(json(one, resident)));
        return list;
    }

    private static JsonObject json(Evidence evidence, OptionalLong resident) {
        JsonObject json = new JsonObject();
        json.addProperty("kind", "evidence");
        json.addProperty("role", evidence.comparison().isPresent() ? "challenger" : "champion");
        json.addProperty("station", evidence.station().value());
        json.addProperty("model", evidence.model().digest().value());
        json.addProperty("name", evidence.model().name());
        json.addProperty("version", evidence.model().version());
        json.addProperty("since", time(evidence.since()));
        json.addProperty("at", time(evidence.at()));
        json.addProperty("frames", evidence.judged().frames());
        json.addProperty("accepted", evidence.judged().accepted());
        json.addProperty("rejected", evidence.judged().rejected());
        json.addProperty("review", evidence.judged().review());
        json.addProperty("failed", evidence.judged().failed());
        JsonObject labels = new JsonObject();
        evidence.judged().labels().forEach(labels::addProperty);
        json.add("labels", labels);
        json.add("latencyMillis", json(evidence.latency()));
        resident.ifPresent(bytes -> json.addProperty("residentBytes", bytes));
        evidence.comparison().ifPresent(comparison -> add(comparison, json));
        return json;
    }

    private static void add(Comparison comparison, JsonObject json) {
        json.addProperty("champion", comparison.champion().value());
        JsonArray rows = new JsonArray();
        comparison
                .counts()
                .forEach(
                        row -> {
                            JsonArray columns = new JsonArray();
                            row.forEach(columns::add);
                            rows.add(columns);
                        });
        json.add("counts", rows);
        json.addProperty("agreed", comparison.agreed());
        json.addProperty("yielded", comparison.yielded());
        json.add("championLatencyMillis", json(comparison.championLatency()));
        JsonObject shift = new JsonObject();
        shift.addProperty("mean", rounded(comparison.score().mean()));
        shift.addProperty("deviation", rounded(comparison.score().deviation()));
        json.add("scoreShift", shift);
        json.addProperty("addedBytes", comparison.cost().addedBytes());
        json.addProperty("share", rounded(comparison.cost().share()));
        json.addProperty("kept", comparison.kept());
    }

    private static JsonObject json(Latency latency) {
        JsonObject json = new JsonObject();
        json.addProperty("p50", millis(latency.p50()));
        json.addProperty("p99", millis(latency.p99()));
        return json;
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static double millis(Duration duration) {
        return rounded(duration.toNanos() / 1e6);
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }

    /** Resident memory of this process; empty where the system does not tell. */
    static OptionalLong residentBytes(Path status) {
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
