package io.karu.models.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.SessionOptions;
import io.karu.models.ModelCatalog.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelsSettingsTest {
    @Test
    void theFormsDefaultsAreTheCodesDefaults() {
        assertEquals(
                new Settings(SessionOptions.SHARED_GATEWAY, 1024L << 20),
                ModelsSettings.of(Map.of()));
        assertEquals(
                ModelsSettings.of(Map.of()),
                ModelsSettings.of(
                        Map.of(
                                "session.threads",
                                1,
                                "session.spinning",
                                false,
                                "store.megabytes",
                                1024)));
    }

    @Test
    void badValuesAreRefusedNamingThePropertyAndWhatIsAllowed() {
        assertRefused("session.threads", 0);
        assertRefused("session.threads", "4");
        assertRefused("session.spinning", "yes");
        assertRefused("store.megabytes", 15);
    }

    private static void assertRefused(String property, Object value) {
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> ModelsSettings.of(Map.of(property, value)));
        assertTrue(refused.getMessage().startsWith(property), refused.getMessage());
        assertTrue(refused.getMessage().endsWith("was " + value), refused.getMessage());
    }
}
