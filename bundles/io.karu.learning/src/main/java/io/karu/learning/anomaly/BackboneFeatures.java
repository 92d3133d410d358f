package io.karu.learning.anomaly;

import io.karu.learning.backbone.KerasModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Features of a pretrained MobileNetV1 (Howard et al. 2017) beside the {@link FilterBank}, which
 * sees finer structure than a network trained on photographs: the activations of blocks 3 and 5 as
 * PatchCore takes the middle layers, brought to one grid as the filter bank's are – those of block
 * 3 by their mean and their maximum around each cell, those of block 5 by their mean –, as
 * logarithms, so that a surface of twice the contrast is not twice as foreign. The network's pixels
 * are logarithms, standardised over the image, spread over its range.
 */
public final class BackboneFeatures implements Extractor {
    private static final String FINE = "conv_pw_3_relu";
    private static final String COARSE = "conv_pw_5_relu";
    private static final int CHANNELS = 2 * 128 + 256;
    private static final int COMPONENTS = 48;
    private static final int STRIDE = 8;
    private static final float DARK = 10;
    private static final float FLOOR = 0.05f;

    /** Channels in, channels out and pixels a cell of blocks 1 to 5. */
    private static final int[][] BLOCKS = {
        {32, 64, 2}, {64, 128, 4}, {128, 128, 4}, {128, 256, 8}, {256, 256, 8}
    };

    private final KerasModel model;
    private final FilterBank filters = new FilterBank();

    private BackboneFeatures(KerasModel model) {
        this.model = model;
    }

    /**
     * Reads the weights where they lie.
     *
     * @param folder MobileNetV1 1.0 in TensorFlow.js form, at least up to block 5
     */
    public static BackboneFeatures read(Path folder) throws IOException {
        return new BackboneFeatures(KerasModel.read(folder));
    }

    @Override
    public String name() {
        return "mobilenet-v1";
    }

    @Override
    public int stride() {
        return STRIDE;
    }

    @Override
    public int channels() {
        return CHANNELS + FilterBank.CHANNELS;
    }

    @Override
    public List<Kind> kinds() {
        return List.of(new Kind(CHANNELS, COMPONENTS), filters.kinds().get(0));
    }

    @Override
    public long parameters() {
        long parameters = 27 * 32 + filters.parameters();
        for (int[] block : BLOCKS) {
            parameters += (long) block[0] * (9 + block[1]);
        }
        return parameters;
    }

    @Override
    public long macs(int width, int height) {
        long macs = (long) (width / 2) * (height / 2) * 27 * 32 + filters.macs(width, height);
        for (int[] block : BLOCKS) {
            macs += (long) (width / block[2]) * (height / block[2]) * block[0] * (9 + block[1]);
        }
        return macs;
    }

    @Override
    public Value append(GraphBuilder graph, Value pixels) throws IOException {
        Value logarithm = graph.node("Log", graph.node("Add", pixels, graph.scalar(DARK)));
        Value centred = graph.node("Sub", logarithm, overImage(graph, logarithm));
        Value variance = overImage(graph, graph.node("Mul", centred, centred));
        Value spread = graph.node("Sqrt", graph.node("Add", variance, graph.scalar(1e-4f)));
        Value standard =
                graph.node(
                        "Clip",
                        graph.node("Div", centred, graph.node("Mul", spread, graph.scalar(3))),
                        graph.scalar(-1.5f),
                        graph.scalar(1.5f));
        Value colours =
                graph.node(
                        "Concat",
                        List.of(standard, standard, standard),
                        Attribute.integer("axis", 1));
        Map<String, Value> layers = model.append(graph, colours, COARSE);
        List<Value> around =
                List.of(
                        pool(graph, "AveragePool", layers.get(FINE), 4, 2),
                        pool(graph, "MaxPool", layers.get(FINE), 4, 2),
                        pool(graph, "AveragePool", layers.get(COARSE), 3, 1));
        Value network = graph.node("Concat", around, Attribute.integer("axis", 1));
        Value levels = graph.node("Log", graph.node("Add", network, graph.scalar(FLOOR)));
        return graph.node(
                "Concat",
                List.of(levels, filters.append(graph, pixels)),
                Attribute.integer("axis", 1));
    }

    private static Value pool(
            GraphBuilder graph, String operator, Value layer, int window, int stride) {
        return graph.node(
                operator,
                List.of(layer),
                Attribute.integers("kernel_shape", window, window),
                Attribute.integers("strides", stride, stride),
                Attribute.integers("pads", 1, 1, 1, 1));
    }

    private static Value overImage(GraphBuilder graph, Value value) {
        return graph.node(
                "ReduceMean",
                List.of(value),
                Attribute.integers("axes", 2, 3),
                Attribute.integer("keepdims", 1));
    }
}
