package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StationSettingsTest {
    @ParameterizedTest
    @CsvSource({
        "source,camera",
        "source.folder,relative/path",
        "source.template,golden",
        "source.after,burn",
        "model,Not A Model",
        "queue.policy,drop",
        "publish,none",
        "keep.images,some",
        "threshold,a lot"
    })
    void aBadTextIsRefusedByPropertyAndValue(String property, String value) {
        assertRefused(property, value, value);
    }

    @ParameterizedTest
    @CsvSource({
        "threshold,1.01",
        "threshold,-0.5",
        "review.margin,0.51",
        "reject.min.findings,0",
        "queue.size,1001",
        "publish.sample,0"
    })
    void aBadNumberIsRefusedByPropertyAndValue(String property, double value) {
        assertRefused(property, value, String.valueOf(value).replaceAll("\\.0$", ""));
    }

    @Test
    void aTemplateFileNeedsItsPath() {
        assertRefused("source.template", "file", "source.template.path");
    }

    @Test
    void whatIsAbsentHasItsDefault() {
        StationSettings settings = StationSettings.parse(Map.of("source.folder", "/line"));
        assertEquals(OptionalDouble.empty(), settings.threshold());
        assertEquals("golden-template@champion", settings.model().toString());
        assertEquals(QueuePolicy.WAIT, settings.queuePolicy());
        assertEquals(8, settings.queueSize());
    }

    private static void assertRefused(String property, Object value, String told) {
        Map<String, Object> properties =
                new HashMap<>(Map.of("source", "folder", "source.folder", "/line"));
        properties.put(property, value);
        String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> StationSettings.parse(properties))
                        .getMessage();
        assertTrue(message.contains(property), message);
        assertTrue(message.contains(told), message);
    }
}
