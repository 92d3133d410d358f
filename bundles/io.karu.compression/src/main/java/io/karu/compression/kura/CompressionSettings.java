package io.karu.compression.kura;

import io.karu.api.model.ModelRef;
import io.karu.compression.gateway.WorkerSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The form's values, checked: Kura enforces neither types nor bounds.
 *
 * @param request what to compress; absent when nothing is asked for
 * @param requestText as it was typed
 */
record CompressionSettings(
        Optional<ModelRef> request, String requestText, double budget, WorkerSettings worker) {

    /** IllegalArgumentException names the property, its value and what is allowed. */
    static CompressionSettings of(Map<String, Object> properties) {
        Object request = properties.getOrDefault("request", "");
        if (!(request instanceof String text)) {
            throw new IllegalArgumentException("request: a text is needed, was " + request);
        }
        Object budget = properties.getOrDefault("budget", 0.01);
        if (!(budget instanceof Double part) || !(part >= 0 && part <= 0.5)) {
            throw new IllegalArgumentException(
                    "budget: a number from 0 to 0.5 is needed, was " + budget);
        }
        return new CompressionSettings(
                text.isBlank() ? Optional.empty() : Optional.of(reference(text)),
                text.strip(),
                part,
                new WorkerSettings(
                        integer(properties, "worker.cores", 1, 1, 64),
                        integer(properties, "worker.megabytes", 1024, 256, 65_536),
                        Duration.ofMinutes(integer(properties, "worker.minutes", 60, 1, 1440)),
                        integer(properties, "frames", 64, WorkerSettings.FEWEST_FRAMES, 1000),
                        (long) integer(properties, "frames.megabytes", 128, 1, 10_000) << 20));
    }

    private static ModelRef reference(String text) {
        try {
            return ModelRef.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("request: " + e.getMessage(), e);
        }
    }

    private static int integer(
            Map<String, Object> properties, String key, int normal, int min, int max) {
        Object value = properties.getOrDefault(key, normal);
        if (!(value instanceof Integer number) || number < min || number > max) {
            throw new IllegalArgumentException(
                    key
                            + ": a whole number from "
                            + min
                            + " to "
                            + max
                            + " is needed, was "
                            + value);
        }
        return number;
    }
}
