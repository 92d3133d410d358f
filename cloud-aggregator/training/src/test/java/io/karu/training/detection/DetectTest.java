package io.karu.training.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.bench.evaluation.DetectionEvaluation;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.training.Progress;
import io.karu.training.Train;
import io.karu.training.TrainingOrder;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The detector in miniature: generated boards from files to an int8 version, within a minute. */
class DetectTest {
    private static final int APART = 17;

    @TempDir private Path folder;

    @Test
    void aDetectorLearnsGeneratedBoardsAndKeepsItsQualityInBytes() throws Exception {
        Path training = boards("training", 11, 32);
        DataSet test = DataSets.read(boards("test", 12, 12));
        Path out = folder.resolve("detector");
        Train.run(new Detect(), order(training, out), Progress.SILENT);

        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            ModelVersionFolder version = ModelVersionFolder.read(out);
            assertEquals(ModelCard.Task.DETECTION, version.card().task());
            ModelVersionFolder bytes =
                    DetectorQuantization.quantize(
                            engine,
                            version,
                            PairSamples.read(DataSets.read(training)),
                            1,
                            folder.resolve("int8"));
            double full = score(engine, version, test);
            double quantized = score(engine, bytes, test);
            assertTrue(full >= 0.75, "mAP " + full);
            assertTrue(quantized >= full - 0.03, "mAP in bytes " + quantized + " of " + full);
            assertTrue(
                    Files.size(bytes.graph()) * 3 < Files.size(version.graph()),
                    "size in bytes " + Files.size(bytes.graph()));
        }
    }

    private static double score(OnnxEngine engine, ModelVersionFolder version, DataSet data)
            throws Exception {
        try (InferenceSession session =
                engine.open(version.graph(), SessionOptions.SHARED_GATEWAY)) {
            return DetectionEvaluation.of(version.card(), session, data)
                    .precision(DetectionEvaluation.DEEP_PCB)
                    .mean();
        }
    }

    private Path boards(String name, long seed, int count) throws IOException {
        Path boards = folder.resolve(name);
        BoardFolder files = new BoardFolder(boards);
        BoardGenerator generator = new BoardGenerator(seed, 1);
        for (int i = 0; i < count; i++) {
            files.write(generator.board(i * APART));
        }
        return boards;
    }

    private static TrainingOrder order(Path data, Path out) {
        Map<String, String> options = new LinkedHashMap<>();
        new Detect().options().forEach((name, option) -> options.put(name, option.standard()));
        options.put("epochs", "3");
        options.put("all-epochs", "2");
        options.put("side", "32");
        options.put("rate", "0.003");
        return new TrainingOrder(data, out, "detector", "1", 1, options);
    }
}
