package io.karu.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden exchanges themselves follow the protocol's rules of topics, ids and types. */
class GoldenExchangesTest {

    private final Topics topics = new Topics();

    static List<Path> exchanges() throws IOException, URISyntaxException {
        Path folder = Path.of(GoldenExchangesTest.class.getResource("/golden").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> exchanges =
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
            assertTrue(exchanges.size() > 20, "found " + exchanges);
            return exchanges;
        }
    }

    @ParameterizedTest
    @MethodSource("exchanges")
    void everyStepIsAMessageOfTheProtocol(Path file) throws IOException {
        JsonObject exchange = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertEquals(exchange.get("name").getAsString() + ".json", file.getFileName().toString());
        Set<String> asked = new HashSet<>();
        for (final JsonElement element : exchange.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            Topic topic = topics.parse(step.get("topic").getAsString()).orElseThrow();
            Payload payload = payload(step.getAsJsonObject("metrics"));
            if (step.get("from").getAsString().equals("cloud")) {
                assertInstanceOf(Topic.Request.class, topic);
                Requests.requestId(payload).ifPresent(asked::add);
                assertEquals("gw01", ((Topic.Request) topic).clientId());
            } else if (topic instanceof Topic.Reply reply) {
                assertTrue(asked.contains(reply.requestId()), reply + " answers nothing");
                assertTrue(Requests.responseCode(payload).isPresent());
            } else {
                assertEquals("gw01", assertInstanceOf(Topic.Notification.class, topic).clientId());
                assertTrue(payload.metric("job.id", Long.class).isPresent());
            }
            assertEquals(payload, KuraProtobuf.decode(KuraProtobuf.encode(payload)));
        }
    }

    private static Payload payload(JsonObject metrics) {
        Payload.Builder payload = Payload.builder();
        for (final Map.Entry<String, JsonElement> metric : metrics.entrySet()) {
            JsonObject typed = metric.getValue().getAsJsonObject();
            JsonElement value = typed.get("value");
            boolean placeholder = value.getAsString().startsWith("${");
            payload.metric(
                    metric.getKey(),
                    switch (MetricType.valueOf(typed.get("type").getAsString())) {
                        case STRING -> value.getAsString();
                        case INT32 -> placeholder ? 0 : value.getAsInt();
                        case INT64 -> placeholder ? 0L : value.getAsLong();
                        case BOOL -> value.getAsBoolean();
                        case DOUBLE -> value.getAsDouble();
                        case FLOAT -> value.getAsFloat();
                        case BYTES -> throw new IllegalArgumentException("no exchange has bytes");
                    });
        }
        return payload.build();
    }
}
