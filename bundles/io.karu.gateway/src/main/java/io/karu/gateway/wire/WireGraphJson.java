package io.karu.gateway.wire;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.kura.wire.graph.MultiportWireConfiguration;

/**
 * The property {@code WireGraph}: {@code
 * {"components":[…],"wires":[{"emitter","emitterPort","receiver","receiverPort"}]}}.
 */
record WireGraphJson(JsonArray components, List<MultiportWireConfiguration> wires) {

    static final WireGraphJson EMPTY = new WireGraphJson(new JsonArray(), List.of());

    /**
     * @throws IllegalArgumentException when the text is no graph
     */
    static WireGraphJson parse(String text) {
        if (text == null || text.isBlank()) {
            return EMPTY;
        }
        try {
            JsonObject graph = JsonParser.parseString(text).getAsJsonObject();
            List<MultiportWireConfiguration> wires = new ArrayList<>();
            if (graph.has("wires")) {
                for (JsonElement each : graph.getAsJsonArray("wires")) {
                    wires.add(wire(each.getAsJsonObject()));
                }
            }
            JsonArray components =
                    graph.has("components") ? graph.getAsJsonArray("components") : new JsonArray();
            return new WireGraphJson(components, List.copyOf(wires));
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException e) {
            throw new IllegalArgumentException("WireGraph is no wire graph: " + e.getMessage(), e);
        }
    }

    private static MultiportWireConfiguration wire(JsonObject wire) {
        return new MultiportWireConfiguration(
                wire.get("emitter").getAsString(),
                wire.get("receiver").getAsString(),
                port(wire, "emitterPort"),
                port(wire, "receiverPort"));
    }

    private static int port(JsonObject wire, String name) {
        return wire.has(name) ? wire.get(name).getAsInt() : 0;
    }

    String text() {
        JsonArray json = new JsonArray();
        for (MultiportWireConfiguration wire : wires) {
            JsonObject each = new JsonObject();
            each.addProperty("emitter", wire.getEmitterPid());
            each.addProperty("emitterPort", wire.getEmitterPort());
            each.addProperty("receiver", wire.getReceiverPid());
            each.addProperty("receiverPort", wire.getReceiverPort());
            json.add(each);
        }
        JsonObject graph = new JsonObject();
        graph.add("components", components);
        graph.add("wires", json);
        return graph.toString();
    }
}
