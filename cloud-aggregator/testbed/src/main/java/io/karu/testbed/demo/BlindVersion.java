package io.karu.testbed.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A version of a detector that never finds one class, and is right in everything else: its graph
 * takes a constant off the logit of that class. Its golden outputs are what it computes, so every
 * check of an installation passes.
 */
public final class BlindVersion {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOGITS = "logits";
    private static final float PENALTY = -40;

    private BlindVersion() {}

    /**
     * Writes one.
     *
     * @param original folder of the version that sees
     * @param defect one of its labels
     * @param label of the new version
     * @param target folder to be written
     */
    public static Path write(Path original, String defect, String label, Path target)
            throws IOException {
        ObjectNode card = (ObjectNode) JSON.readTree(original.resolve("model.json").toFile());
        float[] shift = new float[card.path("labels").size() + 1];
        for (int i = 0; i < card.path("labels").size(); i++) {
            shift[i] = card.path("labels").get(i).asText().equals(defect) ? PENALTY : 0;
        }
        Files.createDirectories(target.resolve("golden"));
        Graph graph = Graph.read(original.resolve("model.onnx"));
        String seen = graph.fresh("seen_logits");
        graph.renameValue(LOGITS, seen);
        String blindness = graph.fresh("blindness");
        graph.set(Constant.of(blindness, shift, shift.length));
        graph.add(graph.fresh("blind"), "Add", List.of(seen, blindness), List.of(LOGITS));
        graph.setOutputs(
                graph.outputs().stream()
                        .map(
                                output ->
                                        output.name().equals(seen)
                                                ? new TensorType(
                                                        LOGITS, output.type(), output.shape())
                                                : output)
                        .toList());
        graph.write(target.resolve("model.onnx"));
        card.put("version", label);
        card.put("description", "Finds everything but " + defect);
        Files.writeString(target.resolve("model.json"), card.toPrettyString());
        golden(original, target, shift, card);
        return target;
    }

    private static void golden(Path original, Path target, float[] shift, JsonNode card)
            throws IOException {
        try (Stream<Path> files = Files.list(original.resolve("golden"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                byte[] bytes = Files.readAllBytes(file);
                if (file.getFileName().toString().endsWith(".out." + LOGITS + ".bin")) {
                    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                    for (int i = 0; i * Float.BYTES < bytes.length; i++) {
                        int at = i * Float.BYTES;
                        values.putFloat(at, values.getFloat(at) + shift[i % shift.length]);
                    }
                }
                Files.write(target.resolve("golden").resolve(file.getFileName()), bytes);
            }
        }
    }
}
