package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.store.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Versions side by side: one row for each thing that is known of one of them. */
public final class VersionComparison {
    /** Most versions beside each other. */
    public static final int MOST = 8;

    private final ModelRegistry versions;
    private final ModelReports reports;

    /**
     * @param group what the row is about: {@code version}, {@code tensors}, {@code parameters},
     *     {@code metrics}, {@code graph} or {@code lineage}
     * @param values one for each version in their order; JSON null where a version does not say
     * @param differs whether two of the values differ
     * @param significant metrics with intervals: whether an interval lies beside the first
     *     version's
     */
    public record Row(
            String group,
            String name,
            List<JsonNode> values,
            boolean differs,
            boolean significant) {}

    /** The rows in the order of their groups. */
    public record Comparison(List<ModelVersion> versions, List<Row> rows) {}

    public VersionComparison(ModelRegistry versions, ModelReports reports) {
        this.versions = versions;
        this.reports = reports;
    }

    /**
     * Compares versions of one model.
     *
     * @param digests two to eight, as of {@link ModelRegistry#get}
     * @throws AggregatorException {@code MODEL_NOT_FOUND}, {@code INVALID_ARGUMENT} for another
     *     number
     */
    public Comparison of(String model, List<String> digests) {
        if (digests.size() < 2 || digests.size() > MOST) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "versions: " + digests.size() + " are named; use 2 to " + MOST);
        }
        List<ModelVersion> compared =
                digests.stream().map(digest -> versions.get(model, digest)).toList();
        List<Map<String, JsonNode>> facts = compared.stream().map(this::facts).toList();
        Map<String, List<JsonNode>> table = new LinkedHashMap<>();
        for (Map<String, JsonNode> one : facts) {
            one.keySet().forEach(key -> table.putIfAbsent(key, new ArrayList<>()));
        }
        table.forEach(
                (key, values) ->
                        facts.forEach(
                                one -> values.add(one.getOrDefault(key, NullNode.getInstance()))));
        List<Row> rows = new ArrayList<>();
        for (String group :
                List.of("version", "metrics", "parameters", "tensors", "graph", "lineage")) {
            table.forEach(
                    (key, values) -> {
                        if (key.startsWith(group + "\n")) {
                            rows.add(row(group, key.substring(group.length() + 1), values));
                        }
                    });
        }
        return new Comparison(compared, rows);
    }

    private static Row row(String group, String name, List<JsonNode> values) {
        JsonNode first = values.get(0);
        boolean differs = values.stream().anyMatch(value -> !Objects.equals(value, first));
        boolean significant =
                group.equals("metrics")
                        && values.stream().anyMatch(value -> liesBeside(value, first));
        return new Row(group, name, values, differs, significant);
    }

    private static boolean liesBeside(JsonNode one, JsonNode other) {
        return one.has("low")
                && other.has("low")
                && (one.path("low").asDouble() > other.path("high").asDouble()
                        || one.path("high").asDouble() < other.path("low").asDouble());
    }

    private Map<String, JsonNode> facts(ModelVersion version) {
        Map<String, JsonNode> facts = new LinkedHashMap<>();
        JsonNode card = version.card();
        put(facts, "version", "counter", Json.MAPPER.valueToTree(version.counter()));
        put(facts, "version", "size in bytes", Json.MAPPER.valueToTree(version.sizeBytes()));
        put(facts, "version", "task", card.path("task"));
        put(facts, "version", "labels", card.path("labels"));
        put(facts, "version", "description", card.path("description"));
        each(facts, "parameters", "", card.path("parameters"));
        each(facts, "parameters", "preprocessing ", card.path("preprocessing"));
        for (String side : List.of("inputs", "outputs")) {
            for (JsonNode tensor : card.path(side)) {
                put(
                        facts,
                        "tensors",
                        side.substring(0, side.length() - 1) + " " + tensor.path("name").asText(),
                        Json.MAPPER.valueToTree(
                                tensor.path("type").asText() + " " + tensor.path("shape")));
            }
        }
        metrics(facts, card.path("metrics"));
        Lineage.report(reports, version, Kind.EVALUATION)
                .ifPresent(report -> metrics(facts, report.path("metrics")));
        Lineage.report(reports, version, Kind.COMPRESSION)
                .ifPresent(report -> measured(facts, version, report.path("variants")));
        each(facts, "graph", "", versions.facts(version));
        JsonNode lineage = card.path("lineage");
        put(facts, "lineage", "parent", lineage.path("parent"));
        put(facts, "lineage", "seed", lineage.path("seed"));
        for (JsonNode use : lineage.path("data")) {
            put(
                    facts,
                    "lineage",
                    "data " + use.path("part").asText() + " " + use.path("name").asText(),
                    use.path("digest"));
        }
        for (JsonNode step : lineage.path("steps")) {
            put(facts, "lineage", "step " + step.path("name").asText(), step.path("facts"));
        }
        each(facts, "lineage", "", lineage.path("configuration"));
        each(facts, "lineage", "version of ", lineage.path("versions"));
        put(facts, "lineage", "processor", lineage.path("machine").path("processor"));
        return facts;
    }

    private static void metrics(Map<String, JsonNode> facts, JsonNode metrics) {
        for (JsonNode metric : metrics) {
            String where =
                    String.join(
                            " ",
                            metric.path("name").asText(),
                            metric.path("data").asText(),
                            metric.path("split").asText());
            put(
                    facts,
                    "metrics",
                    where.strip() + (metric.path("baseline").asBoolean() ? " (baseline)" : ""),
                    metric);
        }
    }

    /** What a compression report measured of this very version. */
    private static void measured(
            Map<String, JsonNode> facts, ModelVersion version, JsonNode variants) {
        for (JsonNode variant : variants) {
            if (variant.path("digest").asText().equals(version.digest())) {
                put(facts, "graph", "p50 in ms", variant.path("latencyMillis").path("p50"));
                put(facts, "graph", "p99 in ms", variant.path("latencyMillis").path("p99"));
                put(facts, "graph", "memory in bytes", variant.path("memoryBytes"));
            }
        }
    }

    private static void each(
            Map<String, JsonNode> facts, String group, String prefix, JsonNode object) {
        object.fields().forEachRemaining(e -> put(facts, group, prefix + e.getKey(), e.getValue()));
    }

    private static void put(
            Map<String, JsonNode> facts, String group, String name, JsonNode value) {
        if (!value.isMissingNode()) {
            facts.put(group + "\n" + name, value);
        }
    }
}
