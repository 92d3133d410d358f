package io.karu.compression.gateway;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;

/** A line for tests: gray frames of texture, and a small convolutional classifier of them. */
final class Line {
    static final String MODEL = "texture";
    static final int SIZE = 48;
    private static final int CHANNELS = 32;

    private Line() {}

    /** What follows each convolution of a model before its ReLU. */
    private interface Normalisation {
        Value of(GraphBuilder graph, Value convolved, Random random);
    }

    /** A classifier whose convolutions take a while; its weights are random. */
    static ModelVersionFolder model(InferenceEngine engine, Path folder) throws Exception {
        return model(engine, folder, "1", (graph, convolved, random) -> convolved);
    }

    /** The same, version 2, with a BatchNormalization behind each convolution. */
    static ModelVersionFolder normalised(InferenceEngine engine, Path folder) throws Exception {
        return model(engine, folder, "2", Line::batchNormalization);
    }

    private static Value batchNormalization(GraphBuilder graph, Value convolved, Random random) {
        float[][] each = new float[4][CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            each[0][c] = 0.5f + random.nextFloat();
            each[1][c] = (float) random.nextGaussian() * 0.2f;
            each[2][c] = (float) random.nextGaussian() * 0.2f;
            each[3][c] = 0.2f + random.nextFloat();
        }
        List<Value> inputs = new ArrayList<>(List.of(convolved));
        for (float[] values : each) {
            inputs.add(graph.constant(values, CHANNELS));
        }
        return graph.node("BatchNormalization", inputs);
    }

    private static ModelVersionFolder model(
            InferenceEngine engine, Path folder, String version, Normalisation normalisation)
            throws Exception {
        Random random = new Random(7);
        GraphBuilder graph = new GraphBuilder(MODEL);
        Value x = graph.input("image", DataType.UINT8, 1, 1, SIZE, SIZE);
        Value y =
                graph.node(
                        "Mul",
                        graph.node("Cast", List.of(x), integer("to", DataType.FLOAT_VALUE)),
                        graph.scalar(1f / 255));
        int channels = 1;
        for (int layer = 0; layer < 4; layer++) {
            Value weights = weights(graph, random, CHANNELS, channels, 3, 3);
            Value convolved = graph.node("Conv", List.of(y, weights), integers("pads", 1, 1, 1, 1));
            y = graph.node("Relu", normalisation.of(graph, convolved, random));
            channels = CHANNELS;
        }
        Value pooled = graph.node("Flatten", graph.node("GlobalAveragePool", y));
        Value scores = graph.node("MatMul", pooled, weights(graph, random, CHANNELS, 2));
        graph.output("probability", graph.node("Softmax", scores), DataType.FLOAT, 1, 2);
        ModelCard card =
                new ModelCard(
                        MODEL,
                        version,
                        ModelCard.Task.CLASSIFICATION,
                        List.of("good", "defect"),
                        List.of(
                                new TensorInfo(
                                        "image",
                                        ElementType.UINT8,
                                        List.of(1L, 1L, (long) SIZE, (long) SIZE))),
                        List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 2L))),
                        Map.of("threshold", 0.5, "accept.good", 1.0),
                        "for tests");
        Path file = Files.createTempFile("line", ".onnx");
        graph.graph().write(file);
        try {
            return new TrainedModel(card, Files.readAllBytes(file))
                    .golden(new byte[SIZE * SIZE])
                    .write(engine, folder);
        } finally {
            Files.delete(file);
        }
    }

    private static Value weights(GraphBuilder graph, Random random, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        double spread = Math.sqrt(2.0 * shape[0] / count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return graph.constant(values, shape);
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static AttributeProto integers(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder()
                        .setName(name)
                        .setType(AttributeProto.AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    /** Lets the reserve see frames of the model, three of four accepted. */
    static void inspect(FrameReserve reserve, int frames) throws Exception {
        for (int i = 0; i < frames; i++) {
            Decision decision = i % 4 == 3 ? Decision.REJECT : Decision.ACCEPT;
            inspect(reserve, MODEL, decision, frame(i));
        }
    }

    static void inspect(FrameReserve reserve, String model, Decision decision, byte[] image)
            throws Exception {
        Digest digest =
                new Digest(
                        "sha256:"
                                + HexFormat.of()
                                        .formatHex(
                                                MessageDigest.getInstance("SHA-256")
                                                        .digest(image)));
        Instant now = Instant.now();
        reserve.onVerdict(
                new Verdict(
                        new FrameId(new StationId("line-1"), digest.value()),
                        now,
                        now,
                        decision,
                        "",
                        0.5,
                        List.of(),
                        Optional.of(digest),
                        model + " 1",
                        digest,
                        Optional.empty(),
                        Verdict.Timing.NONE),
                view(image));
    }

    private static FrameView view(byte[] image) {
        return new FrameView() {
            @Override
            public ByteBuffer encoded() {
                return ByteBuffer.wrap(image).asReadOnlyBuffer();
            }

            @Override
            public Optional<ByteBuffer> template() {
                return Optional.empty();
            }

            @Override
            public Optional<ByteBuffer> heatMap() {
                return Optional.empty();
            }
        };
    }

    /** Texture of a seed. */
    static byte[] frame(int seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_BYTE_GRAY);
        int period = 2 + random.nextInt(12);
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                int value = (x * y / period + random.nextInt(60)) % 256;
                image.getRaster().setSample(x, y, 0, value);
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return png.toByteArray();
    }
}
