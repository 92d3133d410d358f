package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.store.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where versions come from and where they run: data, training runs, versions, what was made of
 * them, stations. Read from cards, reports, aliases and verdicts; nothing of it is entered by hand.
 */
public final class Lineage {
    private final ModelRegistry versions;
    private final ModelAliases aliases;
    private final ModelReports reports;
    private final ModelUses uses;

    /** What a node stands for. */
    public enum NodeKind {
        /** Samples, by the digest of their list. */
        DATA,
        /** One run of a training recipe. */
        TRAINING,
        VERSION,
        /** A version that another names as its parent and that is not registered here. */
        ABSENT,
        /** A station on a gateway that decided last with a version. */
        STATION
    }

    /**
     * @param id unique in the graph
     * @param label for a person
     * @param digest of data and versions; empty otherwise
     * @param aliases that mean the version
     * @param facts what else is known, by name
     */
    public record Node(
            String id,
            NodeKind kind,
            String label,
            String digest,
            List<String> aliases,
            Map<String, String> facts) {}

    /**
     * @param what happened on the way: the part of the data, the steps of compression; may be empty
     */
    public record Edge(String from, String to, String what) {}

    /** Nodes in the order from data to stations; every edge joins two of them. */
    public record Graph(List<Node> nodes, List<Edge> edges) {}

    public Lineage(
            ModelRegistry versions, ModelAliases aliases, ModelReports reports, ModelUses uses) {
        this.versions = versions;
        this.aliases = aliases;
        this.reports = reports;
        this.uses = uses;
    }

    /** The graph of all versions of a model. {@code MODEL_NOT_FOUND} when there is none. */
    public Graph of(String model) {
        List<ModelVersion> all = new ArrayList<>(versions.versions(model));
        Collections.reverse(all);
        Map<String, Node> nodes = new LinkedHashMap<>();
        List<Edge> edges = new ArrayList<>();
        Map<String, List<String>> named =
                aliases.list(model).stream()
                        .collect(
                                Collectors.groupingBy(
                                        ModelAlias::digest,
                                        Collectors.mapping(Lineage::name, Collectors.toList())));
        for (ModelVersion version : all) {
            put(
                    nodes,
                    new Node(
                            version.digest(),
                            NodeKind.VERSION,
                            version.name() + " " + version.version(),
                            version.digest(),
                            named.getOrDefault(version.digest(), List.of()),
                            Map.of(
                                    "counter", Integer.toString(version.counter()),
                                    "task", version.card().path("task").asText(),
                                    "registered", version.registeredAt().toString(),
                                    "registered by", version.registeredBy())));
        }
        all.forEach(version -> origin(version, nodes, edges));
        for (ModelUses.Use use : uses.of(model)) {
            String id = "station:" + use.gateway().clientId() + "/" + use.station();
            put(
                    nodes,
                    new Node(
                            id,
                            NodeKind.STATION,
                            use.gateway().clientId() + " · " + use.station(),
                            "",
                            List.of(),
                            Map.of(
                                    "gateway", use.gateway().clientId(),
                                    "station", use.station(),
                                    "since", use.since().toString(),
                                    "last verdict", use.lastAt().toString())));
            edges.add(new Edge(use.digest(), id, "decides"));
        }
        List<Node> ordered =
                nodes.values().stream()
                        .sorted(Comparator.comparingInt(n -> rank(n.kind())))
                        .toList();
        return new Graph(ordered, List.copyOf(edges));
    }

    private static String name(ModelAlias alias) {
        return alias.site().isEmpty() ? alias.alias() : alias.alias() + " at " + alias.site();
    }

    private static int rank(NodeKind kind) {
        return switch (kind) {
            case DATA -> 0;
            case TRAINING -> 1;
            case ABSENT -> 2;
            case VERSION -> 3;
            case STATION -> 4;
        };
    }

    private static void put(Map<String, Node> nodes, Node node) {
        nodes.putIfAbsent(node.id(), node);
    }

    private void origin(ModelVersion version, Map<String, Node> nodes, List<Edge> edges) {
        JsonNode lineage = version.card().path("lineage");
        String into = version.digest();
        String parent = lineage.path("parent").asText("");
        if (!parent.isEmpty()) {
            put(
                    nodes,
                    new Node(
                            parent,
                            NodeKind.ABSENT,
                            "not registered here",
                            parent,
                            List.of(),
                            Map.of()));
            edges.add(new Edge(parent, version.digest(), steps(lineage)));
        } else if (lineage.has("configuration")) {
            into = "training:" + version.digest();
            put(
                    nodes,
                    new Node(
                            into,
                            NodeKind.TRAINING,
                            "training of " + version.version(),
                            "",
                            List.of(),
                            training(version, lineage)));
            edges.add(new Edge(into, version.digest(), ""));
        }
        for (JsonNode use : lineage.path("data")) {
            String digest = use.path("digest").asText();
            put(
                    nodes,
                    new Node(
                            "data:" + digest,
                            NodeKind.DATA,
                            use.path("name").asText(),
                            digest,
                            List.of(),
                            Map.of(
                                    "split", use.path("split").asText(),
                                    "items", use.path("items").asText())));
            edges.add(new Edge("data:" + digest, into, use.path("part").asText()));
        }
    }

    private static String steps(JsonNode lineage) {
        List<String> steps = new ArrayList<>();
        lineage.path("steps").forEach(step -> steps.add(step.path("name").asText()));
        return String.join(", ", steps);
    }

    private Map<String, String> training(ModelVersion version, JsonNode lineage) {
        Map<String, String> facts = new LinkedHashMap<>();
        lineage.path("configuration")
                .fields()
                .forEachRemaining(e -> facts.put(e.getKey(), e.getValue().asText()));
        facts.put("seed", lineage.path("seed").asText());
        facts.put("processor", lineage.path("machine").path("processor").asText());
        report(reports, version, Kind.TRAINING)
                .ifPresent(
                        report -> {
                            facts.put("command", report.path("command").asText());
                            facts.put("seconds", report.path("seconds").asText());
                        });
        facts.values().removeIf(String::isEmpty);
        return facts;
    }

    /** The newest report of a kind, if there is one. */
    static Optional<JsonNode> report(ModelReports reports, ModelVersion version, Kind kind) {
        return reports.list(version).stream().anyMatch(report -> report.kind() == kind)
                ? Optional.of(Json.tree(reports.content(version, kind, Optional.empty())))
                : Optional.empty();
    }
}
