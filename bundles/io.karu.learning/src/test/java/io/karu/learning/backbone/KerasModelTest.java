package io.karu.learning.backbone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.awt.image.BufferedImage;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KerasModelTest {
    private static final Path BACKBONES = Path.of("../../../shared/data/backbones");
    private static final Path MOBILENET = BACKBONES.resolve("mobilenet_v1_1.0_224_tfjs");

    @TempDir private Path temp;

    @Test
    void kernelsComeOutAsTheyWereMeant() throws Exception {
        // one convolution 1x1 from one channel to two, "same", no bias, then ReLU6
        Files.writeString(
                temp.resolve("model.json"),
                """
                {"modelTopology":{"model_config":{"config":{"layers":[
                 {"class_name":"InputLayer","name":"in","inbound_nodes":[],"config":{}},
                 {"class_name":"Conv2D","name":"c","inbound_nodes":[[["in",0,0,{}]]],"config":
                  {"strides":[1,1],"dilation_rate":[1,1],"padding":"same","use_bias":false,"activation":"relu6"}},
                 {"class_name":"Conv2D","name":"absent","inbound_nodes":[[["c",0,0,{}]]],"config":
                  {"strides":[1,1],"dilation_rate":[1,1],"padding":"same","use_bias":false}}]}}},
                 "weightsManifest":[
                  {"paths":["w"],"weights":[{"name":"c/kernel","dtype":"float32","shape":[1,1,1,2]}]},
                  {"paths":["gone"],"weights":[{"name":"absent/kernel","dtype":"float32","shape":[1,1,2,9]}]}]}
                """);
        Files.write(temp.resolve("w"), new byte[] {0, 0, 0, 64, 0, 0, (byte) 128, (byte) 191});
        KerasModel model = KerasModel.read(temp);
        GraphBuilder graph = new GraphBuilder("test");
        Value input = graph.input("x", DataType.FLOAT, 1, 1, 1, 3);
        Map<String, Value> layers = model.append(graph, input, null);
        assertFalse(layers.containsKey("absent"));
        graph.output("y", layers.get("c"), DataType.FLOAT, 1, 2, 1, 3);
        // times 2, at most 6; times −1, at least 0
        assertEquals(
                List.of(2f, 6f, 0f, 0f, 0f, 1f),
                run(graph, new float[] {1, 5, -1}, List.of(1L, 1L, 1L, 3L)).get(0));
        assertTrue(
                assertThrows(
                                BackboneException.class,
                                () -> model.append(new GraphBuilder("t"), input, "absent"))
                        .getMessage()
                        .contains("absent"));
    }

    @Test
    void aShardThatIsTooShortIsNamed() throws Exception {
        Files.writeString(
                temp.resolve("model.json"),
                """
                {"modelTopology":{"model_config":{"config":{"layers":[]}}},"weightsManifest":[
                 {"paths":["w"],"weights":[{"name":"c/kernel","dtype":"float32","shape":[3,3,100000,100000]}]}]}
                """);
        Files.write(temp.resolve("w"), new byte[8]);
        assertTrue(
                assertThrows(BackboneException.class, () -> KerasModel.read(temp))
                        .getMessage()
                        .contains("c/kernel"));
        Files.writeString(temp.resolve("model.json"), "[]");
        assertThrows(BackboneException.class, () -> KerasModel.read(temp));
    }

    @Test
    void theGivenMobileNetSeesPhotographsAsItsStoredStatisticsSay() throws Exception {
        assumeTrue(Files.isDirectory(MOBILENET), MOBILENET + " is absent");
        KerasModel model = KerasModel.read(MOBILENET);
        GraphBuilder graph = new GraphBuilder("mobilenet");
        Value input = graph.input("x", DataType.FLOAT, 1, 3, 224, 224);
        Map<String, Value> layers = model.append(graph, input, null);
        assertTrue(layers.containsKey("conv_pw_12_relu"), "block 12 is the last one given");
        assertFalse(layers.containsKey("conv_pw_13_bn"));
        List<String> checked =
                layers.keySet().stream()
                        .filter(name -> model.statistics(name + "_bn").isPresent())
                        .collect(Collectors.toList());
        assertEquals(25, checked.size());
        for (String layer : checked) {
            graph.output(
                    layer,
                    graph.node("GlobalAveragePool", layers.get(layer)),
                    DataType.FLOAT,
                    1,
                    model.statistics(layer + "_bn").orElseThrow()[0].length,
                    1,
                    1);
        }
        List<List<Float>> sums = null;
        List<String> photographs = List.of("cat.bmp", "bird.bmp", "parrot.jpg");
        for (String photograph : photographs) {
            Path file = BACKBONES.resolve("check-images").resolve(photograph);
            List<List<Float>> means = run(graph, pixels(file), List.of(1L, 3L, 224L, 224L));
            sums = sums == null ? means : add(sums, means);
        }
        for (int i = 0; i < checked.size(); i++) {
            double agreement =
                    correlation(
                            sums.get(i), model.statistics(checked.get(i) + "_bn").orElseThrow()[0]);
            assertTrue(agreement > 0.8, checked.get(i) + ": " + agreement);
        }
    }

    private List<List<Float>> run(GraphBuilder graph, float[] input, List<Long> shape)
            throws Exception {
        Path file = temp.resolve("model.onnx");
        OnnxFile.write(graph.build(), file);
        List<List<Float>> outputs = new ArrayList<>();
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY);
                Binding binding = session.bind(Map.of("x", shape))) {
            binding.input("x").data().asFloatBuffer().put(input);
            binding.run();
            for (var output : session.outputs()) {
                FloatBuffer values =
                        binding.output(output.name())
                                .data()
                                .order(ByteOrder.nativeOrder())
                                .asFloatBuffer();
                List<Float> list = new ArrayList<>();
                for (int i = 0; i < values.capacity(); i++) {
                    list.add(values.get(i));
                }
                outputs.add(list);
            }
        }
        return outputs;
    }

    private static float[] pixels(Path file) throws Exception {
        BufferedImage image = ImageIO.read(file.toFile());
        int side = Math.min(image.getWidth(), image.getHeight());
        BufferedImage square = new BufferedImage(224, 224, BufferedImage.TYPE_INT_RGB);
        var graphics = square.createGraphics();
        graphics.setRenderingHint(
                java.awt.RenderingHints.KEY_INTERPOLATION,
                java.awt.RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        int left = (image.getWidth() - side) / 2;
        int top = (image.getHeight() - side) / 2;
        graphics.drawImage(image, 0, 0, 224, 224, left, top, left + side, top + side, null);
        graphics.dispose();
        float[] pixels = new float[3 * 224 * 224];
        for (int i = 0; i < 224 * 224; i++) {
            int rgb = square.getRGB(i % 224, i / 224);
            for (int c = 0; c < 3; c++) {
                pixels[c * 224 * 224 + i] = (rgb >> 16 - 8 * c & 0xff) / 127.5f - 1;
            }
        }
        return pixels;
    }

    private static List<List<Float>> add(List<List<Float>> one, List<List<Float>> other) {
        List<List<Float>> sums = new ArrayList<>();
        for (int i = 0; i < one.size(); i++) {
            List<Float> sum = new ArrayList<>();
            for (int j = 0; j < one.get(i).size(); j++) {
                sum.add(one.get(i).get(j) + other.get(i).get(j));
            }
            sums.add(sum);
        }
        return sums;
    }

    private static double correlation(List<Float> x, float[] y) {
        double mx = x.stream().mapToDouble(v -> v).average().orElseThrow();
        double my = 0;
        for (float v : y) {
            my += v / y.length;
        }
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < y.length; i++) {
            double a = x.get(i) - mx;
            double b = y[i] - my;
            xy += a * b;
            xx += a * a;
            yy += b * b;
        }
        return xy / Math.sqrt(xx * yy);
    }
}
