package io.karu.gateway.conf;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.Icon;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.Option;

/** CONF-V2's form of a component's definition; what is absent is left out. */
final class DefinitionJson {

    private DefinitionJson() {}

    static JsonObject write(OCD definition) {
        JsonObject json = new JsonObject();
        JsonArray attributes = new JsonArray();
        definition.getAD().forEach(attribute -> attributes.add(write(attribute)));
        addIfAny(json, "ad", attributes);
        JsonArray icons = new JsonArray();
        List<Icon> given = definition.getIcon();
        if (given != null) {
            given.forEach(
                    icon -> {
                        JsonObject one = new JsonObject();
                        add(one, "resource", icon.getResource());
                        one.addProperty("size", icon.getSize());
                        icons.add(one);
                    });
        }
        addIfAny(json, "icon", icons);
        add(json, "name", definition.getName());
        add(json, "description", definition.getDescription());
        add(json, "id", definition.getId());
        return json;
    }

    private static JsonObject write(AD attribute) {
        JsonObject json = new JsonObject();
        JsonArray options = new JsonArray();
        List<Option> given = attribute.getOption();
        if (given != null) {
            given.forEach(
                    option -> {
                        JsonObject one = new JsonObject();
                        add(one, "label", option.getLabel());
                        add(one, "value", option.getValue());
                        options.add(one);
                    });
        }
        addIfAny(json, "option", options);
        add(json, "name", attribute.getName());
        add(json, "description", attribute.getDescription());
        add(json, "id", attribute.getId());
        json.addProperty("type", attribute.getType().name());
        json.addProperty("cardinality", attribute.getCardinality());
        add(json, "min", attribute.getMin());
        add(json, "max", attribute.getMax());
        add(json, "defaultValue", attribute.getDefault());
        json.addProperty("isRequired", attribute.isRequired());
        return json;
    }

    private static void add(JsonObject json, String name, String value) {
        if (value != null) {
            json.addProperty(name, value);
        }
    }

    private static void addIfAny(JsonObject json, String name, JsonArray values) {
        if (!values.isEmpty()) {
            json.add(name, values);
        }
    }
}
