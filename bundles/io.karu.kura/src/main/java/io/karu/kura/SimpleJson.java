package io.karu.kura;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * Kura's JSON encoding of payloads, for telemetry only: numbers arrive as Long or Double, never as
 * Integer or Float, so that no request that needs those can be made with it.
 */
public final class SimpleJson {

    private SimpleJson() {}

    /**
     * The payload in this text; what is not of the known form becomes the body of an empty payload.
     */
    public static Payload decode(byte[] bytes) {
        try {
            JsonObject json =
                    JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8))
                            .getAsJsonObject();
            Payload.Builder payload = Payload.builder();
            for (final Map.Entry<String, JsonElement> member : json.entrySet()) {
                JsonElement value = member.getValue();
                switch (member.getKey()) {
                    case "sentOn" -> payload.timestamp(Instant.ofEpochMilli(value.getAsLong()));
                    case "position" -> payload.position(position(value.getAsJsonObject()));
                    case "metrics" ->
                            value.getAsJsonObject()
                                    .entrySet()
                                    .forEach(m -> payload.metric(m.getKey(), metric(m.getValue())));
                    case "body" -> payload.body(Base64.getDecoder().decode(value.getAsString()));
                    default -> {
                        return Payload.ofBody(bytes);
                    }
                }
            }
            return payload.build();
        } catch (JsonParseException
                | IllegalStateException
                | IllegalArgumentException
                | UnsupportedOperationException
                | StackOverflowError undecodable) {
            return Payload.ofBody(bytes);
        }
    }

    private static Object metric(JsonElement value) {
        if (value.isJsonNull()) {
            return null;
        }
        JsonPrimitive primitive = value.getAsJsonPrimitive();
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        if (primitive.isString()) {
            return primitive.getAsString();
        }
        String number = primitive.getAsString();
        if (number.matches("-?\\d+")) {
            return Long.parseLong(number);
        }
        return primitive.getAsDouble();
    }

    private static Position position(JsonObject json) {
        Position.Builder position =
                Position.builder(number(json, "latitude", 0d), number(json, "longitude", 0d))
                        .altitude(number(json, "altitude", null))
                        .precision(number(json, "precision", null))
                        .heading(number(json, "heading", null))
                        .speed(number(json, "speed", null));
        if (json.has("timestamp")) {
            position.timestamp(Instant.ofEpochMilli(json.get("timestamp").getAsLong()));
        }
        if (json.has("satellites")) {
            position.satellites(json.get("satellites").getAsInt());
        }
        if (json.has("status")) {
            position.status(json.get("status").getAsInt());
        }
        return position.build();
    }

    private static Double number(JsonObject json, String name, Double absent) {
        return json.has(name) ? (Double) json.get(name).getAsDouble() : absent;
    }
}
