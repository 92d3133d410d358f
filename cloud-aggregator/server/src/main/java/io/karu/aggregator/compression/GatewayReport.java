package io.karu.aggregator.compression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.store.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a gateway measured of all variants, as a report of kind compression (docs/contracts.md, 8).
 */
final class GatewayReport {
    private static final String METRIC = "agreement with the parent";

    private GatewayReport() {}

    /** Empty when the gateway measured nothing. */
    static Optional<byte[]> of(Compression compression) {
        JsonNode job = compression.told();
        JsonNode result = job.path("result");
        if (!result.path("variants").isArray() || result.path("variants").isEmpty()) {
            return Optional.empty();
        }
        String data = "frames of " + compression.gateway().clientId();
        ObjectNode report = Json.MAPPER.createObjectNode();
        report.put("contract", 1).put("kind", "compression");
        report.putObject("model")
                .put("name", compression.model())
                .put("version", result.path("parent").path("name").asText())
                .put("digest", compression.parent());
        report.put("createdAt", compression.requestedAt().toString());
        report.put(
                "command", "on " + compression.gateway().clientId() + ", job " + compression.job());
        report.putArray("notes")
                .add(
                        "Measured on "
                                + compression.gateway().clientId()
                                + " ("
                                + result.path("processor").asText()
                                + ", "
                                + result.path("scheme").asText()
                                + ") beside its line: quality is the share of "
                                + result.path("goldenFrames").asInt()
                                + " frames that a variant decides as its parent does.");
        report.putObject("budget").put("metric", METRIC).put("loss", job.path("budget").asDouble());
        ArrayNode variants = report.putArray("variants");
        variant(variants.addObject(), data, result.path("parent"), "fp32", "PARENT");
        for (JsonNode variant : result.path("variants")) {
            String name = variant.path("name").asText();
            boolean chosen = name.equals(result.path("chosen").asText());
            ObjectNode one = variants.addObject();
            variant(
                    one,
                    data,
                    variant,
                    name,
                    chosen ? "CHOSEN" : variant.path("passed").asBoolean() ? "PASSED" : "REFUSED");
            one.put("speedup", variant.path("speedup").asDouble());
            if (chosen && compression.registered().isPresent()) {
                one.put("digest", compression.registered().get());
            }
        }
        return Optional.of(report.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void variant(
            ObjectNode to, String data, JsonNode from, String name, String outcome) {
        to.put("scope", "one-class")
                .put("data", data)
                .put("variant", name)
                .put("precision", name.equals("fp32") ? "fp32" : "int8")
                .put("outcome", outcome)
                .put("reason", from.path("reason").asText())
                .put("sizeBytes", from.path("bytes").asLong());
        to.putArray("metrics")
                .addObject()
                .put("name", METRIC)
                .put("value", from.path("agreement").asDouble());
        to.putObject("latencyMillis")
                .put("p50", from.path("p50Millis").asDouble())
                .put("p99", from.path("p99Millis").asDouble());
    }
}
