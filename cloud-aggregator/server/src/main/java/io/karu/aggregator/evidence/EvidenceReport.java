package io.karu.aggregator.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What one model version has done at one station since a moment (docs/contracts.md, 1, Evidence).
 * Counts only grow: a later report replaces an earlier one of the same station, role, model and
 * {@code since}.
 *
 * @param role {@code champion} decides, {@code challenger} looks at the same frames beside it
 * @param model digest
 * @param frames those that this version judged
 * @param labels frames with at least one finding of that class
 * @param p99Millis from a frame's turn until its decision; absent when not told
 * @param residentBytes of the gateway's whole process; absent when the system does not tell
 * @param comparison with the champion; only a challenger's
 */
public record EvidenceReport(
        String role,
        String station,
        String model,
        Instant since,
        Instant at,
        long frames,
        long rejected,
        long review,
        Map<String, Long> labels,
        Optional<Double> p99Millis,
        Optional<Long> residentBytes,
        Optional<Comparison> comparison) {
    public static final String CHAMPION = "champion";
    public static final String CHALLENGER = "challenger";

    private static final int MAXIMUM_NAME = 256;
    private static final int MAXIMUM_LABELS = 32;

    public EvidenceReport {
        labels = Map.copyOf(labels);
    }

    /**
     * Two versions on the same frames.
     *
     * @param champion digest of the one that decided
     * @param agreed frames on which both decided alike
     */
    public record Comparison(String champion, long frames, long agreed) {}

    /**
     * Reads an entry.
     *
     * @throws IllegalArgumentException naming the field that is not as the contract says
     */
    public static EvidenceReport read(JsonNode entry) {
        String role = entry.path("role").asText();
        if (!role.equals(CHAMPION) && !role.equals(CHALLENGER)) {
            throw new IllegalArgumentException(
                    "role is " + entry.path("role") + ": champion or challenger is needed");
        }
        String station = entry.path("station").asText();
        if (station.isEmpty() || station.length() > MAXIMUM_NAME) {
            throw new IllegalArgumentException("station is " + entry.path("station"));
        }
        long frames = count(entry, "frames");
        return new EvidenceReport(
                role,
                station,
                digest(entry, "model"),
                time(entry, "since"),
                time(entry, "at"),
                frames,
                count(entry, "rejected"),
                count(entry, "review"),
                labels(entry.path("labels")),
                positive(entry.path("latencyMillis").path("p99")).map(JsonNode::asDouble),
                positive(entry.path("residentBytes")).map(JsonNode::asLong),
                role.equals(CHALLENGER)
                        ? Optional.of(
                                new Comparison(
                                        digest(entry, "champion"), frames, count(entry, "agreed")))
                        : Optional.empty());
    }

    private static Optional<JsonNode> positive(JsonNode value) {
        return value.isNumber() && value.asDouble() > 0 ? Optional.of(value) : Optional.empty();
    }

    private static Map<String, Long> labels(JsonNode labels) {
        Map<String, Long> counts = new TreeMap<>();
        labels.fields()
                .forEachRemaining(
                        field -> {
                            if (field.getValue().isIntegralNumber()
                                    && field.getKey().length() <= MAXIMUM_NAME
                                    && counts.size() < MAXIMUM_LABELS) {
                                counts.put(field.getKey(), Math.max(0, field.getValue().asLong()));
                            }
                        });
        return counts;
    }

    private static long count(JsonNode entry, String field) {
        JsonNode value = entry.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
            throw new IllegalArgumentException(field + " is " + value + ": a count is needed");
        }
        return value.asLong();
    }

    private static Instant time(JsonNode entry, String field) {
        try {
            return Instant.parse(entry.path(field).asText());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    field + " is " + entry.path(field) + ": an ISO 8601 time in UTC is needed");
        }
    }

    private static String digest(JsonNode entry, String field) {
        String value = entry.path(field).asText();
        if (!value.matches("sha256:[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    field
                            + " is "
                            + entry.path(field)
                            + ": sha256: and 64 hexadecimal digits are needed");
        }
        return value;
    }
}
