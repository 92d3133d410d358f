package io.karu.training.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.model.ModelCard;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.anomaly.ExposureChange;
import io.karu.learning.anomaly.FilterBank;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.MemoryBank.Budget;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.vision.GrayImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnomalyModelTest {
    @Test
    void allProductsOfAModelHaveTheirThresholdsAtOneScore() throws Exception {
        AnomalyParts boards = BoardPatches.generated(12, 1);
        List<GoodPart> negatives = new ArrayList<>();
        for (GoodPart part : boards.good()) {
            negatives.add(
                    new GoodPart("negatives", part.part(), () -> negative(part.image().read())));
        }
        AnomalyParts other = new AnomalyParts("negatives", negatives, List.of());
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            Settings settings =
                    new Settings(
                            new FilterBank(),
                            12,
                            4,
                            24,
                            Budget.floats(200_000, 1),
                            10_000,
                            0,
                            ExposureChange.USUAL,
                            Set.of(),
                            1);
            AnomalyModel model =
                    AnomalyModel.learn(
                            engine, List.of(boards, other), settings, 0, 0.4, 0.8, done -> {});
            ModelCard card = model.card("both", "1");
            double one = card.parameter("threshold." + BoardPatches.GENERATED);
            assertTrue(one > 0.3 && one < 0.9, "threshold " + one);
            assertEquals(one, card.parameter("threshold.negatives"), 1e-9);
            assertEquals(one, card.parameter("threshold"), 1e-9);
        }
    }

    private static GrayImage negative(GrayImage image) {
        byte[] pixels = new byte[image.width() * image.height()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (255 - (image.pixels()[i] & 0xff));
        }
        return new GrayImage(image.width(), image.height(), pixels);
    }
}
