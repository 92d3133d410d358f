package io.karu.gateway.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.karu.gateway.testkit.Await;
import io.karu.gateway.testkit.FarSide;
import io.karu.gateway.testkit.FarSide.Message;
import io.karu.gateway.testkit.WirePayload;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Plays the cloud's part of a golden exchange and holds the gateway to its part. */
final class GoldenExchange {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");
    private static final String ANY = "${any}";
    private static final String MORE = "${more}";
    private static final Duration REPLY = Duration.ofSeconds(60);
    private static final Duration RETRY = Duration.ofSeconds(3);
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private final JsonObject exchange;
    private final FarSide cloud;
    private final Map<String, JsonElement> values = new HashMap<>();
    private JsonObject lastRequest;
    private boolean connectionMayDrop;

    GoldenExchange(String name, FarSide cloud, Map<String, JsonElement> values) {
        try (InputStream in =
                GoldenExchange.class.getResourceAsStream("/golden/" + name + ".json")) {
            exchange =
                    JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                            .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.cloud = cloud;
        this.values.putAll(values);
    }

    void play() {
        cloud.forget();
        boolean silent = false;
        for (JsonElement each : exchange.getAsJsonArray("steps")) {
            JsonObject step = each.getAsJsonObject();
            if (step.get("from").getAsString().equals("cloud")) {
                send(step);
                lastRequest = step;
                connectionMayDrop |=
                        step.has("replies") && step.get("replies").getAsString().equals("optional");
                silent |= step.has("replies") && step.get("replies").getAsString().equals("none");
            } else {
                expect(step);
            }
        }
        if (silent) {
            expectSilence();
        }
    }

    private void send(JsonObject step) {
        Map<String, Object> metrics = new HashMap<>();
        step.getAsJsonObject("metrics")
                .entrySet()
                .forEach(
                        metric ->
                                metrics.put(
                                        metric.getKey(),
                                        typed(metric.getValue().getAsJsonObject())));
        byte[] body = null;
        if (step.has("body")) {
            JsonObject wanted = step.getAsJsonObject("body");
            String text =
                    wanted.has("json")
                            ? filled(wanted.get("json")).toString()
                            : fill(wanted.entrySet().iterator().next().getValue().getAsString());
            body = text.getBytes(StandardCharsets.UTF_8);
        }
        cloud.publish(step.get("topic").getAsString(), WirePayload.encode(metrics, body));
    }

    private void expect(JsonObject step) {
        String topic = step.get("topic").getAsString();
        if (step.has("repeats")) {
            while (peek(topic)
                    .filter(message -> matches(step, message.payload(), new HashMap<>(values)))
                    .isPresent()) {
                cloud.take(message -> message.topic().equals(topic));
            }
            return;
        }
        if (step.has("optional")) {
            cloud.take(message -> message.topic().equals(topic));
            return;
        }
        Message message = awaitReply(topic);
        WirePayload payload = message.payload();
        assertTrue(
                matches(step, payload, values),
                () ->
                        exchange.get("name")
                                + ": expected "
                                + step
                                + ", came "
                                + payload.metrics()
                                + " "
                                + Optional.ofNullable(payload.body()).map(String::new));
    }

    /** What was asked while the connection was down is lost: then it is asked again. */
    private Message awaitReply(String topic) {
        String what = exchange.get("name").getAsString() + ": " + topic;
        if (connectionMayDrop) {
            long end = System.nanoTime() + REPLY.toNanos();
            while (System.nanoTime() < end) {
                try {
                    return cloud.await(what, candidate -> candidate.topic().equals(topic), RETRY);
                } catch (AssertionError lost) {
                    send(lastRequest);
                }
            }
        }
        return cloud.await(what, candidate -> candidate.topic().equals(topic), REPLY);
    }

    /** Waits for the next message of a topic without taking it. */
    private Optional<Message> peek(String topic) {
        Message[] seen = new Message[1];
        Await.until(
                topic,
                REPLY,
                () -> {
                    seen[0] =
                            cloud.arrived(message -> message.topic().equals(topic)).stream()
                                    .findFirst()
                                    .orElse(null);
                    return seen[0] != null;
                });
        return Optional.of(seen[0]);
    }

    private void expectSilence() {
        long end = System.nanoTime() + SILENCE.toNanos();
        Await.until(
                "the time of silence passed",
                SILENCE.multipliedBy(2),
                () -> System.nanoTime() > end);
        assertEquals(0, cloud.arrived(message -> message.topic().contains("/REPLY/")).size());
    }

    private boolean matches(JsonObject step, WirePayload payload, Map<String, JsonElement> bound) {
        for (Map.Entry<String, JsonElement> metric : step.getAsJsonObject("metrics").entrySet()) {
            JsonObject wanted = metric.getValue().getAsJsonObject();
            Object came = payload.metrics().get(metric.getKey());
            if (came == null) {
                if (!wanted.has("optional")) {
                    return false;
                }
                continue;
            }
            JsonElement json =
                    came instanceof Number number
                            ? new JsonPrimitive(number)
                            : came instanceof Boolean flag
                                    ? new JsonPrimitive(flag)
                                    : new JsonPrimitive(came.toString());
            if (!typeOf(came).equals(wanted.get("type").getAsString())
                    || !matches(wanted.get("value"), json, bound)) {
                return false;
            }
        }
        return !step.has("body")
                || matchesBody(step.getAsJsonObject("body"), payload.body(), bound);
    }

    private static boolean matchesBody(
            JsonObject wanted, byte[] body, Map<String, JsonElement> bound) {
        if (body == null) {
            return false;
        }
        String text = new String(body, StandardCharsets.UTF_8);
        if (wanted.has("json")) {
            return matches(wanted.get("json"), JsonParser.parseString(text), bound);
        }
        String pattern =
                wanted.has("xml")
                        ? wanted.get("xml").getAsString()
                        : wanted.get("text").getAsString();
        StringBuilder regex = new StringBuilder();
        int from = 0;
        Matcher variables = VARIABLE.matcher(pattern);
        while (variables.find()) {
            regex.append(Pattern.quote(pattern.substring(from, variables.start()))).append(".*?");
            from = variables.end();
        }
        regex.append(Pattern.quote(pattern.substring(from)));
        String plain =
                text.replaceFirst("^<\\?xml[^>]*\\?>", "").replaceAll(">\\s+<", "><").strip();
        return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(plain).matches();
    }

    private static boolean matches(
            JsonElement wanted, JsonElement came, Map<String, JsonElement> bound) {
        if (wanted.isJsonPrimitive() && wanted.getAsJsonPrimitive().isString()) {
            String text = wanted.getAsString();
            if (text.equals(ANY)) {
                return true;
            }
            Matcher variable = VARIABLE.matcher(text);
            if (variable.matches()) {
                JsonElement known = bound.putIfAbsent(variable.group(1), came);
                return known == null || same(known, came);
            }
        }
        if (wanted instanceof JsonArray array) {
            return came instanceof JsonArray others && matches(array, others, bound);
        }
        if (wanted instanceof JsonObject object) {
            return came instanceof JsonObject other && matches(object, other, bound);
        }
        return same(wanted, came);
    }

    private static boolean matches(
            JsonArray wanted, JsonArray came, Map<String, JsonElement> bound) {
        boolean more = wanted.contains(new JsonPrimitive(MORE));
        int matched = 0;
        for (JsonElement each : wanted) {
            if (each.equals(new JsonPrimitive(MORE))) {
                continue;
            }
            boolean found = false;
            for (JsonElement other : came) {
                found |= matches(each, other, bound);
            }
            if (!found) {
                return false;
            }
            matched++;
        }
        return more || matched == came.size();
    }

    private static boolean matches(
            JsonObject wanted, JsonObject came, Map<String, JsonElement> bound) {
        for (Map.Entry<String, JsonElement> member : wanted.entrySet()) {
            if (member.getKey().equals(MORE)) {
                continue;
            }
            if (!came.has(member.getKey())
                    || !matches(member.getValue(), came.get(member.getKey()), bound)) {
                return false;
            }
        }
        return wanted.has(MORE) || wanted.keySet().containsAll(came.keySet());
    }

    private static boolean same(JsonElement one, JsonElement other) {
        if (one.isJsonPrimitive()
                && other.isJsonPrimitive()
                && one.getAsJsonPrimitive().isNumber()
                && other.getAsJsonPrimitive().isNumber()) {
            return one.getAsBigDecimal().compareTo(other.getAsBigDecimal()) == 0;
        }
        return one.equals(other);
    }

    private Object typed(JsonObject metric) {
        JsonElement value = filled(metric.get("value"));
        return switch (metric.get("type").getAsString()) {
            case "STRING" -> value.getAsString();
            case "INT32" -> value.getAsInt();
            case "INT64" -> value.getAsLong();
            case "BOOL" -> value.getAsBoolean();
            case "DOUBLE" -> value.getAsDouble();
            case "FLOAT" -> value.getAsFloat();
            default -> throw new IllegalArgumentException(metric.toString());
        };
    }

    private static String typeOf(Object value) {
        return switch (value.getClass().getSimpleName()) {
            case "Integer" -> "INT32";
            case "Long" -> "INT64";
            case "Boolean" -> "BOOL";
            case "Double" -> "DOUBLE";
            case "Float" -> "FLOAT";
            case "String" -> "STRING";
            default -> "BYTES";
        };
    }

    private JsonElement filled(JsonElement template) {
        if (template.isJsonPrimitive() && template.getAsJsonPrimitive().isString()) {
            Matcher variable = VARIABLE.matcher(template.getAsString());
            return variable.matches()
                    ? values.get(variable.group(1))
                    : new JsonPrimitive(fill(template.getAsString()));
        }
        if (template instanceof JsonArray array) {
            JsonArray filled = new JsonArray();
            array.forEach(each -> filled.add(filled(each)));
            return filled;
        }
        if (template instanceof JsonObject object) {
            JsonObject filled = new JsonObject();
            object.entrySet()
                    .forEach(member -> filled.add(member.getKey(), filled(member.getValue())));
            return filled;
        }
        return template;
    }

    private String fill(String text) {
        return VARIABLE.matcher(text)
                .replaceAll(
                        variable ->
                                Matcher.quoteReplacement(
                                        values.get(variable.group(1)).getAsString()));
    }
}
