package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.registry.ModelReport.Kind;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Checks a report's shape (docs/contracts.md, 8) as far as readers rely on it, and finds its
 * pictures. Each refusal names the field.
 */
final class ReportCheck {
    private static final int CONTRACT = 1;
    private static final int MOST_CURVES = 50;
    private static final int MOST_POINTS = 100_000;
    private static final int MOST_SAMPLES = 200;
    private static final int MOST_VARIANTS = 500;
    private static final Set<String> OUTCOMES = Set.of("PARENT", "CHOSEN", "PASSED", "REFUSED");
    private static final List<String> PICTURES = List.of("image", "heatMap", "mask");

    private final Kind kind;
    private final JsonNode report;

    ReportCheck(Kind kind, JsonNode report) {
        this.kind = kind;
        this.report = report;
    }

    /** Throws {@code REPORT_INVALID} unless the report is one of this kind about this version. */
    Instant check(ModelVersion version) {
        if (!report.isObject()) {
            throw invalid("", "expected a JSON object");
        }
        if (report.path("contract").asInt() != CONTRACT) {
            throw invalid("contract", "expected " + CONTRACT);
        }
        if (!report.path("kind").asText().equals(kind.toString())) {
            throw invalid("kind", "expected \"" + kind + "\" as the address says");
        }
        requireAbout(version);
        metrics("metrics", report.path("metrics"));
        curves();
        switch (kind) {
            case TRAINING -> {}
            case EVALUATION -> evaluation();
            case COMPRESSION -> compression();
        }
        return createdAt();
    }

    /** Replaces the name of each picture; tells nothing about what the names mean. */
    void replacePictures(UnaryOperator<String> replacement) {
        for (JsonNode sample : report.path("samples")) {
            for (String field : PICTURES) {
                if (sample.hasNonNull(field)) {
                    ((ObjectNode) sample).put(field, replacement.apply(sample.get(field).asText()));
                }
            }
        }
    }

    private void requireAbout(ModelVersion version) {
        JsonNode model = report.path("model");
        boolean named =
                model.path("digest").asText().equals(version.digest())
                        && model.path("name").asText().equals(version.name());
        for (JsonNode variant : report.path("variants")) {
            named |= variant.path("digest").asText().equals(version.digest());
        }
        if (!named) {
            throw invalid(
                    "model",
                    "the report is about "
                            + model.path("name").asText("nothing")
                            + " "
                            + model.path("digest").asText()
                            + ", not about "
                            + version.name()
                            + " "
                            + version.digest());
        }
    }

    private Instant createdAt() {
        try {
            return Instant.parse(report.path("createdAt").asText());
        } catch (DateTimeParseException e) {
            throw invalid("createdAt", "expected a time as 2026-01-01T00:00:00Z");
        }
    }

    private void metrics(String where, JsonNode metrics) {
        requireArray(where, metrics, MOST_VARIANTS);
        for (int i = 0; i < metrics.size(); i++) {
            String one = where + "[" + i + "]";
            requireText(one + ".name", metrics.get(i).path("name"));
            requireNumber(one + ".value", metrics.get(i).path("value"));
        }
    }

    private void curves() {
        JsonNode curves = report.path("curves");
        requireArray("curves", curves, MOST_CURVES);
        int points = 0;
        for (int c = 0; c < curves.size(); c++) {
            String curve = "curves[" + c + "]";
            requireText(curve + ".name", curves.get(c).path("name"));
            JsonNode series = curves.get(c).path("series");
            requireArray(curve + ".series", series, MOST_CURVES);
            for (int s = 0; s < series.size(); s++) {
                String line = curve + ".series[" + s + "]";
                requireText(line + ".name", series.get(s).path("name"));
                points += series.get(s).path("points").size();
                requirePoints(line + ".points", series.get(s).path("points"));
            }
        }
        if (points > MOST_POINTS) {
            throw invalid("curves", points + " points, at most " + MOST_POINTS);
        }
    }

    private void requirePoints(String where, JsonNode points) {
        requireArray(where, points, MOST_POINTS);
        for (JsonNode point : points) {
            if (point.size() != 2 || !point.path(0).isNumber() || !point.path(1).isNumber()) {
                throw invalid(where, "expected pairs of numbers, found " + point);
            }
        }
    }

    private void evaluation() {
        JsonNode confusion = report.path("confusion");
        if (!confusion.isMissingNode()) {
            int labels = confusion.path("labels").size();
            JsonNode counts = confusion.path("counts");
            boolean square = counts.size() == labels;
            for (JsonNode row : counts) {
                square &= row.size() == labels;
            }
            if (!square || labels == 0) {
                throw invalid("confusion.counts", "expected a row and a column for each label");
            }
        }
        JsonNode samples = report.path("samples");
        requireArray("samples", samples, MOST_SAMPLES);
        for (int i = 0; i < samples.size(); i++) {
            requireText("samples[" + i + "].frame", samples.get(i).path("frame"));
            requireArray("samples[" + i + "].findings", samples.get(i).path("findings"), 1000);
        }
    }

    private void compression() {
        JsonNode variants = report.path("variants");
        requireArray("variants", variants, MOST_VARIANTS);
        for (int i = 0; i < variants.size(); i++) {
            String where = "variants[" + i + "]";
            JsonNode variant = variants.get(i);
            requireText(where + ".scope", variant.path("scope"));
            requireText(where + ".variant", variant.path("variant"));
            if (!OUTCOMES.contains(variant.path("outcome").asText())) {
                throw invalid(where + ".outcome", "expected one of " + OUTCOMES);
            }
            metrics(where + ".metrics", variant.path("metrics"));
            JsonNode latency = variant.path("latencyMillis");
            if (!latency.isMissingNode()) {
                requireNumber(where + ".latencyMillis.p50", latency.path("p50"));
            }
        }
    }

    private static void requireArray(String where, JsonNode value, int most) {
        if (!value.isMissingNode() && !value.isArray()) {
            throw invalid(where, "expected a list");
        }
        if (value.size() > most) {
            throw invalid(where, value.size() + " entries, at most " + most);
        }
    }

    private static void requireText(String where, JsonNode value) {
        if (!value.isTextual() || value.asText().isBlank()) {
            throw invalid(where, "expected a text");
        }
    }

    private static void requireNumber(String where, JsonNode value) {
        if (!value.isNumber()) {
            throw invalid(where, "expected a number");
        }
    }

    static AggregatorException invalid(String field, String what) {
        return new AggregatorException(
                Code.REPORT_INVALID,
                "report" + (field.isEmpty() ? "" : ", " + field) + ": " + what);
    }
}
