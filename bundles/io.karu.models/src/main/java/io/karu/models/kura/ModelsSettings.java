package io.karu.models.kura;

import io.karu.api.inference.SessionOptions;
import io.karu.models.ModelCatalog.Settings;
import java.util.Map;

/** Settings from Kura's properties, checked: Kura enforces neither bounds nor types. */
final class ModelsSettings {
    private ModelsSettings() {}

    /** IllegalArgumentException names the property, its value and what is allowed. */
    static Settings of(Map<String, Object> properties) {
        int threads = integer(properties, "session.threads", 1, 1, 64);
        int megabytes = integer(properties, "store.megabytes", 1024, 16, 100_000);
        Object spinning = properties.getOrDefault("session.spinning", false);
        if (!(spinning instanceof Boolean spin)) {
            throw new IllegalArgumentException(
                    "session.spinning: true or false is needed, was " + spinning);
        }
        return new Settings(new SessionOptions(threads, spin), (long) megabytes << 20);
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
