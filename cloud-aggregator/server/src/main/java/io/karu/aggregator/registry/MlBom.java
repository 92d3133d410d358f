package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.registry.VersionContent.VersionFile;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * A version's bill of materials: CycloneDX 1.6 with a machine-learning-model component, made from
 * card, graph, files and reports alone. The same records give the same document.
 */
public final class MlBom {
    /** Media type of CycloneDX as JSON. */
    public static final String MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6";

    private final ModelRegistry versions;
    private final ModelReports reports;
    private final VersionContent content;
    private final String karu;

    /**
     * @param karu version of this aggregator
     */
    public MlBom(
            ModelRegistry versions, ModelReports reports, VersionContent content, String karu) {
        this.versions = versions;
        this.reports = reports;
        this.content = content;
        this.karu = karu;
    }

    /** The document. */
    public JsonNode of(ModelVersion version) throws IOException {
        JsonNode lineage = version.card().path("lineage");
        ObjectNode bom = Json.MAPPER.createObjectNode();
        bom.put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
        bom.put("bomFormat", "CycloneDX");
        bom.put("specVersion", "1.6");
        bom.put(
                "serialNumber",
                "urn:uuid:"
                        + UUID.nameUUIDFromBytes(
                                (version.name() + version.digest())
                                        .getBytes(StandardCharsets.UTF_8)));
        bom.put("version", 1);
        ObjectNode metadata = bom.putObject("metadata");
        metadata.put("timestamp", version.registeredAt().toString());
        metadata.putObject("tools")
                .putArray("components")
                .addObject()
                .put("type", "application")
                .put("name", "karu-aggregator")
                .put("version", karu);
        metadata.set("component", model(version, lineage));
        ArrayNode components = bom.putArray("components");
        for (JsonNode use : lineage.path("data")) {
            data(components.addObject(), use);
        }
        JsonNode engine = versions.facts(version).path("engine");
        if (engine.has("name")) {
            components
                    .addObject()
                    .put("type", "framework")
                    .put("bom-ref", "engine")
                    .put("name", engine.path("name").asText())
                    .put("version", engine.path("version").asText())
                    .put("description", "ran the golden cases before the version was accepted");
        }
        if (lineage.has("configuration") || lineage.has("steps")) {
            formula(bom.putArray("formulation").addObject(), version, lineage);
        }
        ArrayNode depends = bom.putArray("dependencies");
        ArrayNode on = depends.addObject().put("ref", version.digest()).putArray("dependsOn");
        components.forEach(component -> on.add(component.path("bom-ref").asText()));
        return bom;
    }

    private ObjectNode model(ModelVersion version, JsonNode lineage) throws IOException {
        ObjectNode model = Json.MAPPER.createObjectNode();
        model.put("type", "machine-learning-model");
        model.put("bom-ref", version.digest());
        model.put("name", version.name());
        model.put("version", version.version());
        model.put("description", version.card().path("description").asText());
        hash(model, version.digest());
        String parent = lineage.path("parent").asText("");
        if (!parent.isEmpty()) {
            ancestor(model.putObject("pedigree"), version, parent, lineage);
        }
        card(model.putObject("modelCard"), version, lineage);
        ArrayNode files = model.putArray("components");
        for (VersionFile file : content.files(version)) {
            ObjectNode one = files.addObject();
            one.put("type", "file");
            one.put("bom-ref", version.digest() + "/" + file.path());
            one.put("name", file.path());
            hash(one, "sha256:" + file.sha256());
        }
        ArrayNode properties = model.putArray("properties");
        property(properties, "karu:digest", version.digest());
        property(properties, "karu:counter", Integer.toString(version.counter()));
        property(properties, "karu:package", version.packageId().toString());
        versions.facts(version)
                .fields()
                .forEachRemaining(
                        fact ->
                                property(
                                        properties,
                                        "karu:graph:" + fact.getKey(),
                                        fact.getValue().isValueNode()
                                                ? fact.getValue().asText()
                                                : fact.getValue().toString()));
        return model;
    }

    private void ancestor(
            ObjectNode pedigree, ModelVersion version, String parent, JsonNode lineage) {
        Optional<ModelVersion> known = versions.find(version.name(), parent);
        ObjectNode ancestor = pedigree.putArray("ancestors").addObject();
        ancestor.put("type", "machine-learning-model");
        ancestor.put("bom-ref", parent);
        ancestor.put("name", version.name());
        known.ifPresent(v -> ancestor.put("version", v.version()));
        hash(ancestor, parent);
        StringBuilder notes = new StringBuilder();
        for (JsonNode step : lineage.path("steps")) {
            notes.append(notes.isEmpty() ? "" : "; ").append(step.path("name").asText());
        }
        if (!notes.isEmpty()) {
            pedigree.put("notes", notes.toString());
        }
    }

    private void card(ObjectNode modelCard, ModelVersion version, JsonNode lineage) {
        JsonNode card = version.card();
        modelCard.put("bom-ref", version.digest() + "#card");
        ObjectNode parameters = modelCard.putObject("modelParameters");
        String task = card.path("task").asText();
        String approach =
                switch (task) {
                    case "CLASSIFICATION", "DETECTION" -> "supervised";
                    case "ANOMALY" -> "unsupervised";
                    default -> "";
                };
        if (!approach.isEmpty()) {
            parameters.putObject("approach").put("type", approach);
        }
        parameters.put("task", task.toLowerCase(Locale.ROOT).replace('_', ' '));
        parameters.put(
                "modelArchitecture",
                "ONNX, operator set " + versions.facts(version).path("opset").asText("?"));
        ArrayNode datasets = parameters.putArray("datasets");
        lineage.path("data").forEach(use -> datasets.addObject().put("ref", dataRef(use)));
        for (String side : new String[] {"inputs", "outputs"}) {
            ArrayNode tensors = parameters.putArray(side);
            for (JsonNode tensor : card.path(side)) {
                tensors.addObject()
                        .put(
                                "format",
                                tensor.path("name").asText()
                                        + " "
                                        + tensor.path("type").asText()
                                        + " "
                                        + tensor.path("shape"));
            }
        }
        ArrayNode metrics =
                modelCard.putObject("quantitativeAnalysis").putArray("performanceMetrics");
        card.path("metrics").forEach(metric -> metric(metrics, metric));
        Lineage.report(reports, version, Kind.EVALUATION)
                .ifPresent(report -> report.path("metrics").forEach(m -> metric(metrics, m)));
        ArrayNode properties = modelCard.putArray("properties");
        card.path("parameters")
                .fields()
                .forEachRemaining(
                        e ->
                                property(
                                        properties,
                                        "karu:parameter:" + e.getKey(),
                                        e.getValue().asText()));
        property(properties, "karu:labels", card.path("labels").toString());
    }

    private static void metric(ArrayNode metrics, JsonNode metric) {
        ObjectNode one = metrics.addObject();
        one.put(
                "type",
                metric.path("name").asText()
                        + (metric.path("baseline").asBoolean() ? " (baseline)" : ""));
        one.put("value", metric.path("value").asText());
        String slice = (metric.path("data").asText() + " " + metric.path("split").asText()).strip();
        if (!slice.isEmpty()) {
            one.put("slice", slice);
        }
        if (metric.has("low")) {
            one.putObject("confidenceInterval")
                    .put("lowerBound", metric.path("low").asText())
                    .put("upperBound", metric.path("high").asText());
        }
    }

    private static String dataRef(JsonNode use) {
        return "data:" + use.path("part").asText() + ":" + use.path("digest").asText();
    }

    private static void data(ObjectNode component, JsonNode use) {
        component.put("type", "data");
        component.put("bom-ref", dataRef(use));
        component.put("name", use.path("name").asText());
        hash(component, use.path("digest").asText());
        ObjectNode data = component.putArray("data").addObject();
        data.put("type", "dataset");
        data.put("name", use.path("name").asText() + " " + use.path("part").asText());
        ArrayNode properties = data.putObject("contents").putArray("properties");
        property(properties, "karu:split", use.path("split").asText());
        property(properties, "karu:part", use.path("part").asText());
        property(properties, "karu:items", use.path("items").asText());
    }

    private void formula(ObjectNode formula, ModelVersion version, JsonNode lineage) {
        formula.put("bom-ref", version.digest() + "#formula");
        ObjectNode workflow = formula.putArray("workflows").addObject();
        boolean derived = lineage.has("parent");
        workflow.put("bom-ref", version.digest() + "#workflow");
        workflow.put("uid", version.digest() + "#workflow");
        workflow.put("name", derived ? "compression" : "training");
        workflow.putArray("taskTypes").add("build");
        ArrayNode steps = workflow.putArray("steps");
        Lineage.report(reports, version, Kind.TRAINING)
                .filter(report -> report.has("command"))
                .ifPresent(
                        report -> {
                            ObjectNode step = steps.addObject();
                            step.put("name", "training");
                            step.putArray("commands")
                                    .addObject()
                                    .put("executed", report.path("command").asText());
                        });
        for (JsonNode step : lineage.path("steps")) {
            ObjectNode one = steps.addObject().put("name", step.path("name").asText());
            properties(one.putArray("properties"), "karu:", step.path("facts"));
        }
        if (steps.isEmpty()) {
            workflow.remove("steps");
        }
        ArrayNode inputs = workflow.putArray("inputs");
        lineage.path("data")
                .forEach(use -> inputs.addObject().putObject("resource").put("ref", dataRef(use)));
        if (derived) {
            inputs.addObject().putObject("resource").put("ref", lineage.path("parent").asText());
        }
        if (inputs.isEmpty()) {
            workflow.remove("inputs");
        }
        workflow.putArray("outputs")
                .addObject()
                .put("type", "artifact")
                .putObject("resource")
                .put("ref", version.digest());
        ArrayNode properties = workflow.putArray("properties");
        property(properties, "karu:seed", lineage.path("seed").asText());
        properties(properties, "karu:configuration:", lineage.path("configuration"));
        properties(properties, "karu:version:", lineage.path("versions"));
        properties(properties, "karu:machine:", lineage.path("machine"));
    }

    private static void properties(ArrayNode properties, String prefix, JsonNode object) {
        object.fields()
                .forEachRemaining(
                        e ->
                                property(
                                        properties,
                                        prefix + e.getKey(),
                                        e.getValue().isValueNode()
                                                ? e.getValue().asText()
                                                : e.getValue().toString()));
    }

    private static void property(ArrayNode properties, String name, String value) {
        if (!value.isEmpty()) {
            properties.addObject().put("name", name).put("value", value);
        }
    }

    private static void hash(ObjectNode component, String digest) {
        component
                .putArray("hashes")
                .addObject()
                .put("alg", "SHA-256")
                .put("content", digest.substring(digest.indexOf(':') + 1));
    }
}
