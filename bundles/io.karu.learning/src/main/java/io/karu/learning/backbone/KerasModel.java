package io.karu.learning.backbone;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.karu.learning.backbone.WeightShards.Weights;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Keras network in TensorFlow.js form ({@code model.json} with shards of weights), written into
 * an ONNX graph layer by layer: convolutions (also depthwise), batch normalisation, activations,
 * sums, average pooling. TensorFlow's channels-last kernels are turned into ONNX's layout.
 *
 * <p>Layers whose weights are absent, and all that follow them, are left out: such a network is a
 * feature extractor. TensorFlow's padding "same" is written as fixed pads, which hold when height
 * and width are multiples of the network's total stride.
 */
public final class KerasModel {
    private final JsonArray layers;
    private final WeightShards shards;

    private KerasModel(JsonArray layers, WeightShards shards) {
        this.layers = layers;
        this.shards = shards;
    }

    /**
     * Reads a model.
     *
     * @param folder holds {@code model.json} and the shards it names
     * @throws BackboneException naming the file and what is wrong with it
     */
    public static KerasModel read(Path folder) throws IOException {
        Path file = folder.resolve("model.json");
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            JsonArray layers =
                    json.getAsJsonObject("modelTopology")
                            .getAsJsonObject("model_config")
                            .getAsJsonObject("config")
                            .getAsJsonArray("layers");
            return new KerasModel(
                    layers, WeightShards.read(folder, json.getAsJsonArray("weightsManifest")));
        } catch (JsonSyntaxException
                | IllegalStateException
                | NullPointerException
                | ClassCastException e) {
            throw new BackboneException(file + " is no TensorFlow.js layers model", e);
        }
    }

    /**
     * Writes the network into a graph.
     *
     * @param graph takes the nodes
     * @param input what the network sees, {@code [N,C,H,W]}, normalised as it was trained
     * @param last layer after which nothing is written; null writes all that have weights
     * @return every written layer's output by the layer's name, in order
     */
    public Map<String, Value> append(GraphBuilder graph, Value input, String last)
            throws IOException {
        Map<String, Value> outputs = new LinkedHashMap<>();
        for (JsonElement element : layers) {
            JsonObject layer = element.getAsJsonObject();
            String name = layer.get("name").getAsString();
            List<Value> from = new ArrayList<>();
            for (String origin : origins(layer)) {
                if (outputs.containsKey(origin)) {
                    from.add(outputs.get(origin));
                }
            }
            String type = layer.get("class_name").getAsString();
            if (type.equals("InputLayer")) {
                outputs.put(name, input);
            } else if (from.size() == origins(layer).size()) {
                write(graph, type, name, layer.getAsJsonObject("config"), from)
                        .ifPresent(value -> outputs.put(name, value));
            }
            if (name.equals(last)) {
                break;
            }
        }
        if (last != null && !outputs.containsKey(last)) {
            throw new BackboneException(
                    "layer " + last + " is not in the model or its weights are absent");
        }
        return outputs;
    }

    /** Stored statistics of a batch normalisation: means, then variances, one per channel. */
    public Optional<float[][]> statistics(String layer) {
        return shards.tensor(layer + "/moving_mean")
                .flatMap(
                        mean ->
                                shards.tensor(layer + "/moving_variance")
                                        .map(
                                                variance ->
                                                        new float[][] {
                                                            mean.values().clone(),
                                                            variance.values().clone()
                                                        }));
    }

    private Optional<Value> write(
            GraphBuilder graph, String type, String name, JsonObject config, List<Value> from)
            throws BackboneException {
        Optional<Value> written =
                switch (type) {
                    case "Conv2D" -> convolution(graph, name, config, from.get(0), false);
                    case "DepthwiseConv2D" -> convolution(graph, name, config, from.get(0), true);
                    case "BatchNormalization" -> normalisation(graph, name, config, from.get(0));
                    case "Activation" -> Optional.of(from.get(0));
                    case "ReLU" -> Optional.of(relu(graph, config, from.get(0)));
                    case "Add" -> Optional.of(graph.node("Add", from, noAttributes()));
                    case "Dropout" -> Optional.of(from.get(0));
                    case "GlobalAveragePooling2D" ->
                            Optional.of(graph.node("GlobalAveragePool", from.get(0)));
                    default ->
                            throw new BackboneException(
                                    "layer " + name + " is a " + type + ", which is not read");
                };
        return written.isEmpty()
                ? written
                : Optional.of(activation(graph, name, config, written.get()));
    }

    private Optional<Value> convolution(
            GraphBuilder graph, String name, JsonObject config, Value input, boolean depthwise)
            throws BackboneException {
        Optional<Weights> stored =
                shards.tensor(name + (depthwise ? "/depthwise_kernel" : "/kernel"));
        Optional<Weights> bias = shards.tensor(name + "/bias");
        boolean wantsBias = config.has("use_bias") && config.get("use_bias").getAsBoolean();
        if (stored.isEmpty() || wantsBias && bias.isEmpty()) {
            return Optional.empty();
        }
        Weights kernel = stored.get();
        if (kernel.shape().length != 4) {
            throw new BackboneException("kernel of layer " + name + " has not four dimensions");
        }
        int height = kernel.dimension(0);
        int width = kernel.dimension(1);
        int in = kernel.dimension(2);
        int out = kernel.dimension(3);
        List<Value> inputs = new ArrayList<>();
        inputs.add(input);
        inputs.add(
                depthwise
                        ? graph.constant(
                                KernelLayout.depthwise(kernel.values(), height, width, in, out),
                                (long) in * out,
                                1,
                                height,
                                width)
                        : graph.constant(
                                KernelLayout.dense(kernel.values(), height, width, in, out),
                                out,
                                in,
                                height,
                                width));
        if (wantsBias) {
            inputs.add(graph.constant(bias.get().values(), bias.get().values().length));
        }
        int[] strides = pair(config, "strides");
        int[] dilations = pair(config, "dilation_rate");
        String padding = config.get("padding").getAsString();
        if (!padding.equals("same") && !padding.equals("valid")) {
            throw new BackboneException("padding of layer " + name + " is " + padding);
        }
        boolean same = padding.equals("same");
        int[] rows = pads(same, height, strides[0], dilations[0]);
        int[] columns = pads(same, width, strides[1], dilations[1]);
        return Optional.of(
                graph.node(
                        "Conv",
                        inputs,
                        Attribute.integers("kernel_shape", height, width),
                        Attribute.integers("strides", strides[0], strides[1]),
                        Attribute.integers("dilations", dilations[0], dilations[1]),
                        Attribute.integers("pads", rows[0], columns[0], rows[1], columns[1]),
                        Attribute.integer("group", depthwise ? in : 1)));
    }

    private Optional<Value> normalisation(
            GraphBuilder graph, String name, JsonObject config, Value input) {
        Optional<Weights> mean = shards.tensor(name + "/moving_mean");
        Optional<Weights> variance = shards.tensor(name + "/moving_variance");
        if (mean.isEmpty() || variance.isEmpty()) {
            return Optional.empty();
        }
        int channels = mean.get().values().length;
        float[] ones = new float[channels];
        java.util.Arrays.fill(ones, 1);
        float[] scale = shards.tensor(name + "/gamma").map(Weights::values).orElse(ones);
        float[] shift =
                shards.tensor(name + "/beta").map(Weights::values).orElse(new float[channels]);
        return Optional.of(
                graph.node(
                        "BatchNormalization",
                        List.of(
                                input,
                                graph.constant(scale, channels),
                                graph.constant(shift, channels),
                                graph.constant(mean.get().values(), channels),
                                graph.constant(variance.get().values(), channels)),
                        Attribute.floating("epsilon", config.get("epsilon").getAsFloat())));
    }

    private static Value relu(GraphBuilder graph, JsonObject config, Value input) {
        JsonElement highest = config.get("max_value");
        return highest == null || highest.isJsonNull()
                ? graph.node("Relu", input)
                : graph.node("Clip", input, graph.scalar(0), graph.scalar(highest.getAsFloat()));
    }

    private static Value activation(GraphBuilder graph, String name, JsonObject config, Value input)
            throws BackboneException {
        String activation =
                config.has("activation") ? config.get("activation").getAsString() : "linear";
        return switch (activation) {
            case "linear" -> input;
            case "relu" -> graph.node("Relu", input);
            case "relu6" -> graph.node("Clip", input, graph.scalar(0), graph.scalar(6));
            case "sigmoid" -> graph.node("Sigmoid", input);
            default ->
                    throw new BackboneException(
                            "layer "
                                    + name
                                    + " has activation "
                                    + activation
                                    + ", which is not read");
        };
    }

    /** Pads before and after, for a size that is a multiple of the stride. */
    private static int[] pads(boolean same, int kernel, int stride, int dilation) {
        int total = same ? Math.max(0, (kernel - 1) * dilation + 1 - stride) : 0;
        return new int[] {total / 2, total - total / 2};
    }

    private static int[] pair(JsonObject config, String field) {
        JsonArray array = config.getAsJsonArray(field);
        return new int[] {array.get(0).getAsInt(), array.get(1).getAsInt()};
    }

    private static List<String> origins(JsonObject layer) {
        List<String> names = new ArrayList<>();
        JsonArray nodes = layer.getAsJsonArray("inbound_nodes");
        if (!nodes.isEmpty()) {
            nodes.get(0)
                    .getAsJsonArray()
                    .forEach(origin -> names.add(origin.getAsJsonArray().get(0).getAsString()));
        }
        return names;
    }

    private static io.karu.onnx.proto.AttributeProto[] noAttributes() {
        return new io.karu.onnx.proto.AttributeProto[0];
    }
}
