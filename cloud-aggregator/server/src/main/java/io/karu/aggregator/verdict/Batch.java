package io.karu.aggregator.verdict;

import com.ethlo.time.ITU;
import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Json;
import io.karu.kura.Payload;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One message on {@code {account}/{clientId}/KARU-V1/verdicts} (docs/contracts.md, 1).
 *
 * @param gateway who sent it
 * @param dropped what the gateway's journal has dropped since it began
 * @param refusals entries that are not as the contract says, with the reason
 */
record Batch(
        GatewayId gateway,
        List<StoredVerdict> verdicts,
        List<Overrule> overrules,
        List<EvidenceReport> evidence,
        Instant receivedAt,
        long dropped,
        List<String> refusals) {
    private static final int CONTRACT = 1;
    private static final int MAXIMUM_NAME = 256;
    private static final int MAXIMUM_FRAME = 512;
    private static final String NUL = "\\u0000";
    private static final String DIGEST = "sha256:";
    private static final int DIGEST_LENGTH = DIGEST.length() + 64;
    static final Set<String> DECISIONS = Set.of("ACCEPT", "REJECT", "REVIEW");

    /** The whole message is not as the contract says. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    static Batch read(GatewayId gateway, Payload payload, Instant receivedAt)
            throws RefusedException {
        int contract = payload.metric("karu.contract", Integer.class).orElse(0);
        if (contract != CONTRACT) {
            throw new RefusedException(
                    "karu.contract is "
                            + contract
                            + ", this aggregator knows "
                            + CONTRACT
                            + "; upgrade the older side");
        }
        String text =
                payload.body().map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
        JsonNode body = body(text);
        boolean suspicious = text.contains(NUL);
        List<StoredVerdict> verdicts = new ArrayList<>();
        List<Overrule> overrules = new ArrayList<>();
        List<EvidenceReport> evidence = new ArrayList<>();
        List<String> refusals = new ArrayList<>();
        for (JsonNode entry : body) {
            try {
                if (suspicious) {
                    requireStorable(entry);
                }
                switch (text(entry, "kind", MAXIMUM_NAME)) {
                    case "verdict" -> verdicts.add(verdict(gateway, entry, receivedAt));
                    case "overrule" -> overrules.add(overrule(gateway, entry));
                    case "evidence" -> evidence.add(EvidenceReport.read(entry));
                    default -> refusals.add("kind " + entry.path("kind") + " is not known");
                }
            } catch (IllegalArgumentException e) {
                refusals.add(e.getMessage());
            }
        }
        return new Batch(
                gateway,
                verdicts,
                overrules,
                evidence,
                receivedAt,
                payload.metric("dropped", Long.class).orElse(0L),
                refusals);
    }

    private static JsonNode body(String text) throws RefusedException {
        try {
            JsonNode body = Json.tree(text);
            if (!body.isArray()) {
                throw new RefusedException("the body is not a JSON array");
            }
            return body;
        } catch (UncheckedIOException e) {
            throw new RefusedException("the body is not JSON: " + e.getCause().getMessage());
        }
    }

    private static StoredVerdict verdict(GatewayId gateway, JsonNode entry, Instant receivedAt) {
        return new StoredVerdict(
                0,
                gateway,
                text(entry, "station", MAXIMUM_NAME),
                text(entry, "frame", MAXIMUM_FRAME),
                number(entry, "sequence"),
                time(entry, "capturedAt"),
                time(entry, "decidedAt"),
                receivedAt,
                decision(entry),
                entry.path("reason").asText(""),
                score(entry),
                findings(entry),
                digest(entry, "model"),
                Optional.ofNullable(entry.get("modelName"))
                        .map(JsonNode::asText)
                        .filter(name -> name.length() <= MAXIMUM_FRAME),
                digest(entry, "image"),
                digest(entry, "heatMap"),
                timing(entry),
                Optional.empty());
    }

    private static Overrule overrule(GatewayId gateway, JsonNode entry) {
        return new Overrule(
                gateway,
                text(entry, "station", MAXIMUM_NAME),
                text(entry, "frame", MAXIMUM_FRAME),
                decision(entry),
                text(entry, "operator", MAXIMUM_NAME),
                time(entry, "at"),
                entry.path("note").asText(""));
    }

    /** PostgreSQL stores no NUL character; what one database refuses, none takes. */
    private static void requireStorable(JsonNode entry) {
        if (entry.toString().contains(NUL)) {
            throw new IllegalArgumentException("the entry has a NUL character");
        }
    }

    private static String text(JsonNode entry, String field, int longest) {
        JsonNode value = entry.path(field);
        if (!value.isTextual() || value.asText().isEmpty() || value.asText().length() > longest) {
            throw new IllegalArgumentException(
                    field
                            + " is "
                            + value
                            + ": a text of 1 to "
                            + longest
                            + " characters is needed");
        }
        return value.asText();
    }

    private static long number(JsonNode entry, String field) {
        JsonNode value = entry.path(field);
        if (!value.canConvertToLong() || !value.isIntegralNumber()) {
            throw new IllegalArgumentException(field + " is " + value + ": an integer is needed");
        }
        return value.asLong();
    }

    private static double score(JsonNode entry) {
        JsonNode value = entry.path("score");
        if (!value.isNumber()) {
            throw new IllegalArgumentException("score is " + value + ": a number is needed");
        }
        return value.asDouble();
    }

    private static Instant time(JsonNode entry, String field) {
        try {
            return ITU.parseDateTime(entry.path(field).asText()).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    field + " is " + entry.path(field) + ": an ISO 8601 time in UTC is needed");
        }
    }

    private static String decision(JsonNode entry) {
        String decision = entry.path("decision").asText();
        if (!DECISIONS.contains(decision)) {
            throw new IllegalArgumentException(
                    "decision is \"" + decision + "\": one of ACCEPT, REJECT, REVIEW is needed");
        }
        return decision;
    }

    private static Optional<String> digest(JsonNode entry, String field) {
        JsonNode value = entry.get(field);
        if (value == null || value.isNull() || value.asText().isEmpty()) {
            return Optional.empty();
        }
        if (!isDigest(value.asText())) {
            throw new IllegalArgumentException(
                    field + " is " + value + ": sha256: and 64 hexadecimal digits are needed");
        }
        return Optional.of(value.asText());
    }

    private static boolean isDigest(String text) {
        return text.length() == DIGEST_LENGTH
                && text.startsWith(DIGEST)
                && text.chars()
                        .skip(DIGEST.length())
                        .allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }

    private static List<StoredVerdict.Finding> findings(JsonNode entry) {
        List<StoredVerdict.Finding> findings = new ArrayList<>();
        for (JsonNode f : entry.path("findings")) {
            findings.add(
                    new StoredVerdict.Finding(
                            f.path("label").asText(),
                            f.path("x").asInt(),
                            f.path("y").asInt(),
                            f.path("width").asInt(),
                            f.path("height").asInt(),
                            f.path("score").asDouble()));
        }
        return findings;
    }

    private static Map<String, Long> timing(JsonNode entry) {
        Map<String, Long> timing = new TreeMap<>();
        entry.path("timingMicros")
                .fields()
                .forEachRemaining(field -> timing.put(field.getKey(), field.getValue().asLong()));
        return timing;
    }
}
