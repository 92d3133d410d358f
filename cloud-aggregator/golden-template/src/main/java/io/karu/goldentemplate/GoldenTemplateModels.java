package io.karu.goldentemplate;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.proto.ModelProto;
import io.karu.vision.Box;
import io.karu.vision.GrayImage;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import io.karu.vision.model.GoldenTemplateGraph;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes the golden-template model's versions 1 and 2 as folders (docs/contracts.md §4), the same
 * bytes each time. The golden cases are cut-outs of generated boards.
 */
public final class GoldenTemplateModels {
    /** Name of the model. */
    public static final String NAME = "golden-template";

    private static final long SEED = 2026;
    private static final double TOLERANCE = 1e-4;

    /** Width and height of the golden cut-outs; the second is no multiple of the graph's cells. */
    private static final int[][] GOLDEN_SIZES = {{64, 64}, {90, 70}};

    private GoldenTemplateModels() {}

    /** Argument: the folder that takes {@code golden-template-1} and {@code golden-template-2}. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: GoldenTemplateModels FOLDER");
            System.exit(2);
        }
        Path folder = Path.of(arguments[0]);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            write(engine, folder);
        }
    }

    /** Writes both versions, replacing what is there; returns them in order. */
    public static List<ModelVersionFolder> write(OnnxEngine engine, Path folder)
            throws IOException, ModelException, InferenceException {
        return List.of(
                write(
                        engine,
                        folder.resolve(NAME + "-1"),
                        "1",
                        GoldenTemplateGraph.registeredAsAWhole(),
                        "Compares a board with its template, which is moved onto the board as a whole"),
                write(
                        engine,
                        folder.resolve(NAME + "-2"),
                        "2",
                        GoldenTemplateGraph.registeredCellByCell(),
                        "Compares a board with its template, which is moved onto the board cell by cell"));
    }

    private static ModelVersionFolder write(
            OnnxEngine engine, Path folder, String version, ModelProto graph, String description)
            throws IOException, ModelException, InferenceException {
        clear(folder);
        Path graphFile = Files.createDirectories(folder).resolve(ModelVersionFolder.GRAPH);
        OnnxFile.write(graph, graphFile);
        List<GoldenCase> cases = new ArrayList<>();
        Map<String, byte[]> golden = new LinkedHashMap<>();
        try (InferenceSession session = engine.open(graphFile, SessionOptions.SHARED_GATEWAY)) {
            for (int i = 0; i < GOLDEN_SIZES.length; i++) {
                cases.add(record(session, i + 1, GOLDEN_SIZES[i][0], GOLDEN_SIZES[i][1], golden));
            }
        }
        List<Long> open = List.of(1L, 1L, -1L, -1L);
        ModelCard card =
                new ModelCard(
                        NAME,
                        version,
                        ModelCard.Task.TEMPLATE_COMPARISON,
                        List.of("defect"),
                        List.of(
                                new TensorInfo("image", ElementType.UINT8, open),
                                new TensorInfo("template", ElementType.UINT8, open)),
                        List.of(new TensorInfo("score", ElementType.FLOAT, open)),
                        Map.of("threshold", 0.5, "minArea", 170.0, "grow", 5.0, "stride", 1.0),
                        description);
        String lineage =
                "{\"graph\":\"io.karu.vision.model.GoldenTemplateGraph\",\"tunedOn\":\"DeepPCB trainval_pairs.txt, 400 pairs\"}";
        byte[] bytes = Files.readAllBytes(graphFile);
        return ModelVersionFolder.create(folder, bytes, new CardFile(card, cases, lineage), golden);
    }

    private static GoldenCase record(
            InferenceSession session, int number, int width, int height, Map<String, byte[]> golden)
            throws InferenceException {
        Board board = new BoardGenerator(SEED, 1).board(number - 1);
        Box defect = board.defects().get(0).box();
        int x = Math.max(0, Math.min(BoardGenerator.SIZE - width, defect.x() - 10));
        int y = Math.max(0, Math.min(BoardGenerator.SIZE - height, defect.y() - 10));
        List<Long> shape = List.of(1L, 1L, (long) height, (long) width);
        GoldenCase recorded =
                new GoldenCase(
                        number,
                        TOLERANCE,
                        Map.of("image", shape, "template", shape, "score", shape));
        try (Binding binding = session.bind(Map.of("image", shape, "template", shape))) {
            golden.put(
                    recorded.inputPath("image"),
                    put(binding.input("image").data(), cut(board.test(), x, y, width, height)));
            golden.put(
                    recorded.inputPath("template"),
                    put(
                            binding.input("template").data(),
                            cut(board.template(), x, y, width, height)));
            binding.run();
            golden.put(recorded.outputPath("score"), bytes(binding.output("score").data()));
        }
        return recorded;
    }

    private static byte[] put(ByteBuffer tensor, byte[] pixels) {
        tensor.duplicate().put(pixels);
        return pixels;
    }

    private static byte[] bytes(ByteBuffer tensor) {
        byte[] bytes = new byte[tensor.capacity()];
        tensor.duplicate().rewind().get(bytes);
        return bytes;
    }

    private static byte[] cut(GrayImage image, int x, int y, int width, int height) {
        byte[] pixels = new byte[width * height];
        for (int row = 0; row < height; row++) {
            System.arraycopy(
                    image.pixels(), (y + row) * image.width() + x, pixels, row * width, width);
        }
        return pixels;
    }

    private static void clear(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
