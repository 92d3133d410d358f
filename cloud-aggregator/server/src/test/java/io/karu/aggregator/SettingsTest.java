package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Path PAGE = Path.of("../../docs/settings.md");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]*`) \\|");

    @TempDir Path data;

    @Test
    void thePageOfSettingsNamesEachKeyAndNoOther() throws Exception {
        Set<String> documented = new TreeSet<>();
        Matcher rows = ROW.matcher(Files.readString(PAGE));
        while (rows.find()) {
            String first = "";
            for (String name : rows.group(1).replace("`", "").split(",\\s*")) {
                String key =
                        name.startsWith(".")
                                ? first.substring(0, first.lastIndexOf('.')) + name
                                : name;
                first = first.isEmpty() ? key : first;
                documented.add(key);
            }
        }
        assertEquals(Settings.keys(), documented);
    }

    @Test
    void theCommandLineIsOverTheEnvironmentAndThatIsOverTheFile() throws Exception {
        Files.writeString(
                data.resolve("karu.properties"), "http.port=1\naccount=plant\nmqtt.port=5\n");
        Settings settings =
                Settings.load(
                        data,
                        Map.of("KARU_HTTP_PORT", "2", "KARU_MQTT_PORT", "6"),
                        Map.of("http.port", "3"));
        assertEquals(3, settings.httpPort());
        assertEquals(6, settings.embeddedBroker().port());
        assertEquals("plant", settings.account());
    }

    @Test
    void aSecretIsReadFromTheFileThatItsSettingNames() throws Exception {
        Path secret = Files.writeString(data.resolve("secret"), "only for this test\n");
        Settings settings =
                Settings.load(
                        data,
                        Map.of(
                                "KARU_S3_ENDPOINT", "https://s3.example",
                                "KARU_S3_ACCESS_KEY", "karu",
                                "KARU_S3_SECRET_KEY_FILE", secret.toString()),
                        Map.of());
        assertEquals("only for this test", settings.s3().orElseThrow().secretKey());
        assertFalse(settings.s3().orElseThrow().toString().contains("only for this test"));
        IllegalArgumentException twice =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                Settings.of(
                                        data,
                                        Map.of(
                                                "s3.secret.key",
                                                "a",
                                                "s3.secret.key.file",
                                                secret.toString())));
        assertTrue(twice.getMessage().contains("leave one out"), twice::getMessage);
        assertThrows(
                IllegalArgumentException.class,
                () -> Settings.of(data, Map.of("database.password.file", "/nowhere")));
    }

    @Test
    void anUnknownKeyAndAWrongValueAreNamed() {
        IllegalArgumentException unknown =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Settings.of(data, Map.of("htp.port", "1")));
        assertTrue(unknown.getMessage().contains("htp.port"), unknown::getMessage);
        Settings wrong = Settings.of(data, Map.of("http.port", "many"));
        IllegalArgumentException number =
                assertThrows(IllegalArgumentException.class, wrong::httpPort);
        assertTrue(number.getMessage().contains("\"many\""), number::getMessage);
    }
}
