package io.karu.models.kura;

import io.karu.api.inference.SessionOptions;
import io.karu.models.ModelCatalog.Settings;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.SignatureException;
import io.karu.modelversion.signing.TrustAnchor;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
        return new Settings(
                new SessionOptions(threads, spin),
                (long) megabytes << 20,
                anchors(text(properties, "trust.anchors")),
                statements(text(properties, "trust.statement")));
    }

    private static List<TrustAnchor> anchors(String pem) {
        List<TrustAnchor> anchors = TrustAnchor.parse(pem);
        if (anchors.isEmpty() && !pem.isBlank()) {
            throw new IllegalArgumentException(
                    "trust.anchors: public keys in PEM are needed, none was found in the text");
        }
        return anchors;
    }

    private static List<Envelope> statements(String json) {
        try {
            return json.isBlank()
                    ? List.of()
                    : Envelope.parseAll(json.getBytes(StandardCharsets.UTF_8));
        } catch (SignatureException e) {
            throw new IllegalArgumentException("trust.statement: " + e.getMessage(), e);
        }
    }

    private static String text(Map<String, Object> properties, String key) {
        Object value = properties.getOrDefault(key, "");
        if (!(value instanceof String text)) {
            throw new IllegalArgumentException(key + ": a text is needed, was " + value);
        }
        return text;
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
