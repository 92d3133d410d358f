package io.karu.compression.gateway;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the worker found: numbers only.
 *
 * @param processor abilities that decided how the model is quantized, for a person
 * @param scheme how: {@code uint8 x int8}, {@code uint8 x int7} or {@code int8 x int8}
 * @param calibrationFrames frames that calibrated
 * @param goldenFrames frames that judged
 * @param parent the model as it was, measured alike
 * @param variants every compressed form that was tried
 * @param chosen name of the variant in the version folder; absent when none passed
 */
public record CompressionResult(
        String processor,
        String scheme,
        int calibrationFrames,
        int goldenFrames,
        Variant parent,
        List<Variant> variants,
        Optional<String> chosen) {

    public CompressionResult {
        variants = List.copyOf(variants);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("processor", processor);
        json.addProperty("scheme", scheme);
        json.addProperty("calibrationFrames", calibrationFrames);
        json.addProperty("goldenFrames", goldenFrames);
        json.add("parent", parent.toJson());
        JsonArray all = new JsonArray();
        variants.forEach(variant -> all.add(variant.toJson()));
        json.add("variants", all);
        chosen.ifPresent(name -> json.addProperty("chosen", name));
        return json;
    }

    static CompressionResult read(JsonObject json) {
        List<Variant> variants = new ArrayList<>();
        for (JsonElement variant : json.getAsJsonArray("variants")) {
            variants.add(Variant.read(variant.getAsJsonObject()));
        }
        return new CompressionResult(
                json.get("processor").getAsString(),
                json.get("scheme").getAsString(),
                json.get("calibrationFrames").getAsInt(),
                json.get("goldenFrames").getAsInt(),
                Variant.read(json.getAsJsonObject("parent")),
                variants,
                Optional.ofNullable(json.get("chosen")).map(JsonElement::getAsString));
    }
}
