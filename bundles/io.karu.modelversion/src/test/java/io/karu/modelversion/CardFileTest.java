package io.karu.modelversion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.Preprocessing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CardFileTest {
    private static final Digest DIGEST = new Digest("sha256:" + "ab".repeat(32));

    private static CardFile card() {
        ModelCard card =
                new ModelCard(
                        "joints",
                        "1",
                        ModelCard.Task.CLASSIFICATION,
                        List.of("good", "short"),
                        List.of(
                                new TensorInfo(
                                        "image", ElementType.UINT8, List.of(1L, 3L, 8L, 8L))),
                        List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 2L))),
                        new Preprocessing(
                                Preprocessing.Color.RGB,
                                Preprocessing.Scaling.AREA,
                                Preprocessing.Fit.PAD,
                                114),
                        Map.of("threshold", 0.5, "accept.good", 1.0),
                        "for tests");
        Provenance provenance =
                Provenance.here(7)
                        .data(new Provenance.DataUse("joints", "grouped", "training", DIGEST, 420))
                        .configuration("epochs", 12)
                        .version("pytorch", "2.7.1")
                        .parent(DIGEST)
                        .step("fold batch normalisation", Map.of("nodes", "20"))
                        .build();
        return new CardFile(
                card,
                List.of(),
                List.of(
                        Metric.of("macro recall", 0.971, "joints", "fold 0")
                                .within(0.96, 0.98)
                                .over(105),
                        Metric.of("macro recall", 0.25, "joints", "fold 0").asBaseline()),
                provenance.toJson());
    }

    @Test
    void preprocessingMetricsAndProvenanceSurviveTheFile() throws ModelException {
        CardFile card = card();
        CardFile read = CardFile.parse(card.toJson());
        assertEquals(card, read);
        Provenance provenance = Provenance.parse(read.lineage()).orElseThrow();
        assertEquals(7, provenance.seed());
        assertEquals("12", provenance.configuration().get("epochs"));
        assertEquals(Optional.of(DIGEST), provenance.parent());
        assertEquals(Machine.here(), provenance.machine());
        assertEquals(420, provenance.data().get(0).items());
        assertEquals("fold batch normalisation", provenance.steps().get(0).name());
    }

    @Test
    void aFreerLineageOfAnOlderVersionIsNoProvenance() {
        assertEquals(Optional.empty(), Provenance.parse("{}"));
        assertEquals(Optional.empty(), Provenance.parse("{\"graph\":\"x\",\"machine\":{}}"));
        assertEquals(
                Optional.empty(),
                Provenance.parse("{\"configuration\":[],\"machine\":3,\"data\":null}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"scaling\": \"AREA\"|\"scaling\": \"CUBIC\"|CUBIC",
                "\"fill\": 114|\"fill\": 256|256",
                "\"color\": \"RGB\"|\"color\": 3|color",
                "\"value\": 0.971|\"value\": \"high\"|macro recall",
                "\"low\": 0.96|\"low\": 0.99|0.99"
            })
    void whatIsWrongIsNamed(String right, String wrong, String named) {
        String json = card().toJson();
        assertTrue(json.contains(right), json);
        ModelException refused =
                assertThrows(
                        ModelException.class, () -> CardFile.parse(json.replace(right, wrong)));
        assertTrue(refused.getMessage().contains(named), refused.getMessage());
    }
}
