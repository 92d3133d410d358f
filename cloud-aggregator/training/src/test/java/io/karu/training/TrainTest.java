package io.karu.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainTest {
    @TempDir Path data;

    private static final Recipe RECIPE =
            new Recipe() {
                @Override
                public String task() {
                    return "nothing";
                }

                @Override
                public String description() {
                    return "";
                }

                @Override
                public Map<String, Option> options() {
                    return Map.of("epochs", new Option("12", "passes over the data"));
                }

                @Override
                public Trained train(TrainingOrder order, Progress progress) {
                    throw new AssertionError("not asked for");
                }
            };

    @Test
    void optionsThatAreNotGivenHaveTheRecipesValues() {
        TrainingOrder order = order("--seed", "7", "--name", "joints");
        assertEquals(7, order.seed());
        assertEquals(12, order.integer("epochs", 1));
        assertTrue(order.out().endsWith("trained/joints-1"), order.out().toString());
        assertEquals(3, order("--epochs", "3").integer("epochs", 1));
    }

    @ParameterizedTest
    @CsvSource({
        "--epoch,3,--epochs",
        "--seed,one,--seed",
        "--name,My Model,My Model",
        "--out,,--out needs a value",
        "epochs,3,unexpected epochs"
    })
    void whatIsWrongOnTheCommandLineIsNamed(String word, String value, String named) {
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> {
                            if (value == null) {
                                order(word);
                            } else {
                                order(word, value);
                            }
                        });
        assertTrue(refused.getMessage().contains(named), refused.getMessage());
    }

    private TrainingOrder order(String... words) {
        List<String> all = new java.util.ArrayList<>(List.of("--data", data.toString()));
        all.addAll(List.of(words));
        return Train.order(RECIPE, all);
    }
}
