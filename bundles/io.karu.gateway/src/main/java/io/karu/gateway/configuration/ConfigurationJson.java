package io.karu.gateway.configuration;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.metatype.Scalar;

/** CONF-V2's {@code {"configs":[{"pid","properties":{"name":{"type","value"}}}]}}. */
public final class ConfigurationJson {

    private ConfigurationJson() {}

    /**
     * @throws IllegalArgumentException naming the component and the property that cannot be read
     */
    public static List<ComponentConfiguration> read(String text) {
        List<ComponentConfiguration> configurations = new ArrayList<>();
        try {
            for (JsonElement each :
                    JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("configs")) {
                JsonObject config = each.getAsJsonObject();
                String pid = config.get("pid").getAsString();
                configurations.add(
                        new Configured(
                                pid, null, properties(pid, config.getAsJsonObject("properties"))));
            }
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | ClassCastException e) {
            throw new IllegalArgumentException(
                    "expected {\"configs\":[{\"pid\":…,\"properties\":{…}}]}: " + e.getMessage(),
                    e);
        }
        return configurations;
    }

    private static Map<String, Object> properties(String pid, JsonObject json) {
        Map<String, Object> properties = new HashMap<>();
        if (json == null) {
            return properties;
        }
        for (Map.Entry<String, JsonElement> property : json.entrySet()) {
            try {
                JsonObject typed = property.getValue().getAsJsonObject();
                if (!typed.has("value") || typed.get("value").isJsonNull()) {
                    continue;
                }
                Scalar type =
                        Scalar.valueOf(typed.get("type").getAsString().toUpperCase(Locale.ROOT));
                properties.put(property.getKey(), value(type, typed.get("value")));
            } catch (IllegalArgumentException | IllegalStateException | NullPointerException e) {
                throw new IllegalArgumentException(
                        pid
                                + ", property "
                                + property.getKey()
                                + ": expected {\"type\":…,\"value\":…}: "
                                + e.getMessage(),
                        e);
            }
        }
        return properties;
    }

    private static Object value(Scalar type, JsonElement value) {
        if (!value.isJsonArray()) {
            return ScalarValues.parse(type, value.getAsString());
        }
        JsonArray array = value.getAsJsonArray();
        List<Object> values = new ArrayList<>();
        array.forEach(each -> values.add(ScalarValues.parse(type, each.getAsString())));
        return ScalarValues.array(type, values);
    }
}
