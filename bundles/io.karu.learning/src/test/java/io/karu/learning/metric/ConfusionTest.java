package io.karu.learning.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionTest {
    private static Confusion table() {
        Confusion table = new Confusion(List.of("a", "b", "never"));
        for (int i = 0; i < 90; i++) {
            table.add(0, 0);
        }
        for (int i = 0; i < 10; i++) {
            table.add(0, 1);
        }
        for (int i = 0; i < 10; i++) {
            table.add(1, i < 5 ? 1 : 0);
        }
        return table;
    }

    @Test
    void macroRecallCountsEachClassThatHasSamplesOnce() {
        Confusion table = table();
        assertEquals((0.9 + 0.5) / 2, table.macroRecall(), 1e-12);
        assertEquals(95 / 110.0, table.accuracy(), 1e-12);
        assertEquals(5 / 15.0, table.precision(1), 1e-12);
        assertTrue(Double.isNaN(table.recall(2)));
        table.add(table());
        assertEquals(220, table.total());
        assertEquals(0.7, table.macroRecall(), 1e-12);
    }

    @Test
    void theIntervalHoldsTheValueAndIsWiderForFewerSamples() {
        Interval few = table().macroRecall(Bootstrap.withSeed(1));
        Confusion many = table();
        for (int i = 0; i < 9; i++) {
            many.add(table());
        }
        Interval narrow = many.macroRecall(Bootstrap.withSeed(1));
        assertTrue(few.low() < 0.7 && few.high() > 0.7, few.toString());
        assertTrue(
                narrow.high() - narrow.low() < 0.5 * (few.high() - few.low()), few + " " + narrow);
        assertEquals(narrow, many.macroRecall(Bootstrap.withSeed(1)));
    }
}
