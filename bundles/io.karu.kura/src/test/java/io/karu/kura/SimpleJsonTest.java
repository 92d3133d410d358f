package io.karu.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimpleJsonTest {

    @Test
    void numbersAreLongOrDoubleAsKuraDecodesThem() {
        Payload payload =
                SimpleJson.decode(
                        bytes(
                                """
                                {"sentOn":1767225600000,
                                 "position":{"latitude":45.5,"longitude":-122.25,"satellites":7},
                                 "metrics":{"count":3,"score":0.25,"large":1e3,"ok":true,"station":"line-1","none":null},
                                 "body":"aGk="}
                                """));
        assertEquals(
                Payload.builder()
                        .timestamp(Instant.ofEpochMilli(1767225600000L))
                        .position(Position.builder(45.5, -122.25).satellites(7).build())
                        .metric("count", 3L)
                        .metric("score", 0.25)
                        .metric("large", 1000.0)
                        .metric("ok", true)
                        .metric("station", "line-1")
                        .body(bytes("hi"))
                        .build(),
                payload);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"metrics\":{},\"unknown\":1}",
                "{\"metrics\":{\"a\":[1]}}",
                "{\"metrics\":{\"a\":9999999999999999999}}",
                "{\"body\":\"%\"}",
                "{\"sentOn\":\"soon\"}",
                "{\"sentOn\":{}}",
                "{\"position\":3}",
                "[1]",
                "plain text",
                "{\"metrics\":",
                ""
            })
    void whatIsNotOfTheFormBecomesTheBody(String text) {
        assertEquals(Payload.ofBody(bytes(text)), SimpleJson.decode(bytes(text)));
    }

    @Test
    void deepNestingIsNotFollowed() {
        String nested = "{\"metrics\":" + "[".repeat(100_000);
        assertEquals(Payload.ofBody(bytes(nested)), SimpleJson.decode(bytes(nested)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
