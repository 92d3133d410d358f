package io.karu.modelversion;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.karu.api.model.Digest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a model version comes from: the {@code lineage} of its card. Holds no time of day and no
 * duration, so that the same data, configuration and seed give the same version.
 *
 * @param data what it learned from
 * @param configuration settings of the recipe, by name
 * @param seed the one seed of every random choice
 * @param versions of Karu, the Java runtime and the training stack, by name
 * @param machine where it was made
 * @param parent the version that it was made from; absent when it was made from nothing
 * @param steps what was done to make it from its parent, in order
 */
public record Provenance(
        List<DataUse> data,
        Map<String, String> configuration,
        long seed,
        Map<String, String> versions,
        Machine machine,
        Optional<Digest> parent,
        List<Step> steps) {
    private static final Gson GSON = new Gson();

    /**
     * One part of one data set.
     *
     * @param name for a person
     * @param split name of the split; empty when there is none
     * @param part of the split, for instance {@code training}
     * @param digest of the samples in their order
     * @param items how many samples
     */
    public record DataUse(String name, String split, String part, Digest digest, long items) {
        public DataUse {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(split, "split");
            Objects.requireNonNull(part, "part");
            Objects.requireNonNull(digest, "digest");
        }

        /** As cards and reports write it. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("name", name);
            json.addProperty("split", split);
            json.addProperty("part", part);
            json.addProperty("digest", digest.value());
            json.addProperty("items", items);
            return json;
        }
    }

    /**
     * One step, reversible by going back to the parent.
     *
     * @param name for instance {@code fold batch normalisation}
     * @param facts numbers and names that belong to it
     */
    public record Step(String name, Map<String, String> facts) {
        public Step {
            Objects.requireNonNull(name, "name");
            facts = Collections.unmodifiableMap(new TreeMap<>(facts));
        }
    }

    public Provenance {
        data = List.copyOf(data);
        configuration = Collections.unmodifiableMap(new TreeMap<>(configuration));
        versions = Collections.unmodifiableMap(new TreeMap<>(versions));
        Objects.requireNonNull(machine, "machine");
        Objects.requireNonNull(parent, "parent");
        steps = List.copyOf(steps);
    }

    /** Begins a record of something made on this machine. */
    public static Builder here(long seed) {
        return new Builder(seed);
    }

    /** The record as the card's {@code lineage}. */
    public String toJson() {
        JsonObject json = new JsonObject();
        JsonArray used = new JsonArray();
        for (DataUse use : data) {
            used.add(use.toJson());
        }
        json.add("data", used);
        json.add("configuration", GSON.toJsonTree(configuration));
        json.addProperty("seed", seed);
        json.add("versions", GSON.toJsonTree(versions));
        json.add("machine", GSON.toJsonTree(machine.asMap()));
        parent.ifPresent(digest -> json.addProperty("parent", digest.value()));
        JsonArray done = new JsonArray();
        for (Step step : steps) {
            JsonObject one = new JsonObject();
            one.addProperty("name", step.name());
            one.add("facts", GSON.toJsonTree(step.facts()));
            done.add(one);
        }
        json.add("steps", done);
        return GSON.toJson(json);
    }

    /**
     * Reads a card's lineage; absent when it is not a record of this form (older versions have a
     * freer one).
     */
    public static Optional<Provenance> parse(String lineage) {
        try {
            JsonObject json = GSON.fromJson(lineage, JsonObject.class);
            if (json == null || !json.has("configuration") || !json.has("machine")) {
                return Optional.empty();
            }
            List<DataUse> data = new ArrayList<>();
            for (JsonElement element : json.getAsJsonArray("data")) {
                JsonObject one = element.getAsJsonObject();
                data.add(
                        new DataUse(
                                one.get("name").getAsString(),
                                one.get("split").getAsString(),
                                one.get("part").getAsString(),
                                new Digest(one.get("digest").getAsString()),
                                one.get("items").getAsLong()));
            }
            List<Step> steps = new ArrayList<>();
            for (JsonElement element : json.getAsJsonArray("steps")) {
                JsonObject one = element.getAsJsonObject();
                steps.add(new Step(one.get("name").getAsString(), texts(one.get("facts"))));
            }
            return Optional.of(
                    new Provenance(
                            data,
                            texts(json.get("configuration")),
                            json.get("seed").getAsLong(),
                            texts(json.get("versions")),
                            Machine.read(json.getAsJsonObject("machine")),
                            json.has("parent")
                                    ? Optional.of(new Digest(json.get("parent").getAsString()))
                                    : Optional.empty(),
                            steps));
        } catch (JsonParseException
                | IllegalStateException
                | IllegalArgumentException
                | NullPointerException
                | ClassCastException
                | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    private static Map<String, String> texts(JsonElement element) {
        Map<String, String> texts = new LinkedHashMap<>();
        element.getAsJsonObject()
                .entrySet()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().getAsString()));
        return texts;
    }

    /** Collects a record. */
    public static final class Builder {
        private final long seed;
        private final List<DataUse> data = new ArrayList<>();
        private final Map<String, String> configuration = new TreeMap<>();
        private final Map<String, String> versions = new TreeMap<>();
        private final List<Step> steps = new ArrayList<>();
        private Optional<Digest> parent = Optional.empty();

        private Builder(long seed) {
            this.seed = seed;
            versions.put("java", System.getProperty("java.version"));
        }

        public Builder data(DataUse use) {
            data.add(use);
            return this;
        }

        /** A setting of the recipe. */
        public Builder configuration(String name, Object value) {
            configuration.put(name, String.valueOf(value));
            return this;
        }

        public Builder version(String of, String version) {
            versions.put(of, version);
            return this;
        }

        public Builder parent(Digest digest) {
            parent = Optional.of(digest);
            return this;
        }

        public Builder step(String name, Map<String, String> facts) {
            steps.add(new Step(name, facts));
            return this;
        }

        public Provenance build() {
            return new Provenance(
                    data, configuration, seed, versions, Machine.here(), parent, steps);
        }
    }
}
