package io.karu.gateway.conf;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.karu.gateway.configuration.ScalarValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.configuration.metatype.Scalar;

/**
 * CONF-V2's form of properties: {@code {"name":{"type":"INTEGER","value":5}}}, arrays as JSON
 * arrays.
 */
final class PropertyJson {

    /** What Kura tells instead of a password. Written back, it becomes the password. */
    static final String PLACEHOLDER = "placeholder";

    private PropertyJson() {}

    static JsonObject write(Map<String, Object> properties, boolean hidePasswords) {
        JsonObject json = new JsonObject();
        for (Map.Entry<String, Object> property : new TreeMap<>(properties).entrySet()) {
            Optional<Scalar> type = ScalarValues.typeOf(property.getValue());
            if (type.isEmpty()) {
                continue;
            }
            JsonObject typed = new JsonObject();
            if (property.getValue() instanceof Object[] values) {
                JsonArray array = new JsonArray();
                for (Object value : values) {
                    array.add(scalar(value, hidePasswords));
                }
                typed.add("value", array);
            } else {
                typed.add("value", scalar(property.getValue(), hidePasswords));
            }
            typed.addProperty("type", type.get().name());
            json.add(property.getKey(), typed);
        }
        return json;
    }

    /**
     * Reads properties; null values remain, they remove the stored one.
     *
     * @throws IllegalArgumentException naming the property, for a type that Kura does not know or a
     *     value of another type
     */
    static Map<String, Object> read(JsonObject json) {
        Map<String, Object> properties = new HashMap<>();
        for (Map.Entry<String, JsonElement> property : json.entrySet()) {
            try {
                properties.put(property.getKey(), value(property.getValue().getAsJsonObject()));
            } catch (ArithmeticException
                    | IllegalArgumentException
                    | IllegalStateException
                    | NullPointerException e) {
                throw new IllegalArgumentException(
                        "property "
                                + property.getKey()
                                + " must be {\"type\":…,\"value\":…} with a value of that type",
                        e);
            }
        }
        return properties;
    }

    private static Object value(JsonObject typed) {
        JsonElement value = typed.get("value");
        if (value == null || value.isJsonNull()) {
            return null;
        }
        Scalar type = Scalar.valueOf(typed.get("type").getAsString());
        if (!value.isJsonArray()) {
            return scalar(type, value.getAsJsonPrimitive());
        }
        List<Object> values = new ArrayList<>();
        value.getAsJsonArray().forEach(each -> values.add(scalar(type, each.getAsJsonPrimitive())));
        return ScalarValues.array(type, values);
    }

    private static Object scalar(Scalar type, JsonPrimitive value) {
        boolean fits =
                switch (type) {
                    case STRING, PASSWORD, CHAR -> value.isString();
                    case BOOLEAN -> value.isBoolean();
                    default -> value.isNumber();
                };
        if (!fits) {
            throw new IllegalArgumentException("not a " + type);
        }
        return switch (type) {
            case BYTE, SHORT, INTEGER, LONG ->
                    ScalarValues.parse(
                            type, value.getAsBigDecimal().toBigIntegerExact().toString());
            default -> ScalarValues.parse(type, value.getAsString());
        };
    }

    private static JsonPrimitive scalar(Object value, boolean hidePasswords) {
        if (value instanceof Number number) {
            return new JsonPrimitive(number);
        }
        if (value instanceof Boolean flag) {
            return new JsonPrimitive(flag);
        }
        if (value instanceof Password && hidePasswords) {
            return new JsonPrimitive(PLACEHOLDER);
        }
        return new JsonPrimitive(String.valueOf(value));
    }
}
