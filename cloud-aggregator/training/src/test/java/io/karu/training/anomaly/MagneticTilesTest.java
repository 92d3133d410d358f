package io.karu.training.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.karu.learning.anomaly.GoodPart;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.training.anomaly.MagneticTiles.Split;
import io.karu.vision.GrayImage;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MagneticTilesTest {
    private static final Path DATA = Path.of("../../../shared/data/magnetic-tile");

    @BeforeEach
    void needsTheData() {
        assumeTrue(MagneticTiles.recognises(DATA), DATA + " is absent");
    }

    @Test
    void thePublishedSplitHasItsNumbers() throws Exception {
        AnomalyParts parts = MagneticTiles.read(DATA, Split.DIFFERNET, 1);
        assertEquals(761, parts.good().size());
        assertEquals(191, parts.test().stream().filter(part -> !part.defective()).count());
        assertEquals(392, parts.test().stream().filter(TestPart::defective).count());
    }

    @Test
    void tilesHeldOutAreNeverLearnedFrom() throws Exception {
        Set<String> learned = null;
        for (long seed = 1; seed <= 2; seed++) {
            AnomalyParts parts = MagneticTiles.read(DATA, Split.TILES, seed);
            Set<String> shots =
                    parts.good().stream().map(GoodPart::shot).collect(Collectors.toSet());
            assertTrue(
                    parts.test().stream()
                            .noneMatch(
                                    part -> shots.contains(Path.of(part.id()).getFileName() + "")));
            assertTrue(parts.test().stream().anyMatch(part -> !part.defective()));
            assertTrue(!shots.equals(learned), "another seed holds out other tiles");
            learned = shots;
        }
    }

    @Test
    void masksLieOnTheirImages() throws Exception {
        TestPart part =
                MagneticTiles.read(DATA, Split.DIFFERNET, 1).test().stream()
                        .filter(TestPart::defective)
                        .findFirst()
                        .orElseThrow();
        GrayImage image = part.image().read();
        boolean[] mask = part.mask().orElseThrow().read(image);
        assertEquals(image.width() * image.height(), mask.length);
        int marked = 0;
        for (boolean pixel : mask) {
            marked += pixel ? 1 : 0;
        }
        assertTrue(marked > 0 && marked < mask.length / 2, marked + " pixels");
    }
}
