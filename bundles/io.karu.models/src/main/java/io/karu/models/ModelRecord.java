package io.karu.models;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelRef;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What this gateway has decided: which digest each alias means, what it meant before, which
 * versions are in the store and which are rejected for good. Immutable; kept as one JSON file.
 *
 * @param names by model name
 * @param versions by digest, in the order of their arrival
 */
record ModelRecord(Map<String, Name> names, Map<Digest, Version> versions) {
    static final ModelRecord EMPTY = new ModelRecord(Map.of(), Map.of());

    private static final long UNRELEASED = -1;
    private static final int FORMAT = 1;
    private static final int REJECTED_KEPT = 10_000;
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /**
     * The aliases of one model name.
     *
     * @param generation counts the changes of these aliases
     * @param release highest release counter that has decided here; -1 before the first signed one
     */
    record Name(long generation, long release, Map<String, Alias> aliases) {
        Name {
            aliases = Collections.unmodifiableMap(new TreeMap<>(aliases));
        }
    }

    /** What an alias means, and where a rollback goes. */
    record Alias(Digest digest, Optional<Digest> lastGood) {}

    /**
     * A version that is or was in the store.
     *
     * @param bytes size of its files
     * @param rejected why it stays off; such a version's files are gone
     * @param accepted whether it has decided: it may decide again whatever its counter
     */
    record Version(
            String name, String version, long bytes, Optional<String> rejected, boolean accepted) {}

    ModelRecord {
        names = Collections.unmodifiableMap(new TreeMap<>(names));
        versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
    }

    Optional<Alias> alias(String name, String alias) {
        return Optional.ofNullable(names.get(name)).map(n -> n.aliases().get(alias));
    }

    boolean isChampion(String name, Digest digest) {
        return alias(name, ModelRef.CHAMPION)
                .filter(meaning -> meaning.digest().equals(digest))
                .isPresent();
    }

    long generation(String name) {
        Name known = names.get(name);
        return known == null ? 0 : known.generation();
    }

    /** Digests that some alias means. */
    Set<Digest> meant() {
        return names.values().stream()
                .flatMap(name -> name.aliases().values().stream())
                .map(Alias::digest)
                .collect(Collectors.toSet());
    }

    /** Digests that some alias would mean after a rollback. */
    Set<Digest> lastGood() {
        return names.values().stream()
                .flatMap(name -> name.aliases().values().stream())
                .flatMap(alias -> alias.lastGood().stream())
                .collect(Collectors.toSet());
    }

    /** Aliases of a version, sorted. */
    List<String> aliasesOf(Digest digest, String name) {
        Name known = names.get(name);
        return known == null
                ? List.of()
                : known.aliases().entrySet().stream()
                        .filter(alias -> alias.getValue().digest().equals(digest))
                        .map(Map.Entry::getKey)
                        .toList();
    }

    /** Name, the author's version and the digest's first digits. */
    String label(Digest digest) {
        Version version = versions.get(digest);
        return version == null
                ? digest.abbreviated()
                : version.name() + " " + version.version() + " (" + digest.abbreviated() + ")";
    }

    ModelRecord withVersion(Digest digest, Version version) {
        Map<Digest, Version> next = new LinkedHashMap<>(versions);
        next.put(digest, version);
        return new ModelRecord(names, next);
    }

    ModelRecord withoutVersion(Digest digest) {
        Map<Digest, Version> next = new LinkedHashMap<>(versions);
        next.remove(digest);
        return new ModelRecord(names, next);
    }

    /**
     * The alias means the digest. A challenger decides nothing: nothing is accepted by it and there
     * is no way back; one that becomes champion ends as challenger.
     *
     * @param worked whether what it meant before could run: only then that becomes last-good
     */
    ModelRecord activated(String name, String alias, Digest digest, boolean worked) {
        Optional<Alias> before = alias(name, alias);
        if (before.filter(meaning -> meaning.digest().equals(digest)).isPresent()) {
            return this;
        }
        if (alias.equals(ModelRef.CHALLENGER)) {
            return withAlias(name, alias, new Alias(digest, Optional.empty()));
        }
        Optional<Digest> lastGood =
                worked ? before.map(Alias::digest) : before.flatMap(Alias::lastGood);
        ModelRecord next =
                withAlias(name, alias, new Alias(digest, lastGood.filter(d -> !d.equals(digest))));
        boolean promoted =
                alias.equals(ModelRef.CHAMPION)
                        && alias(name, ModelRef.CHALLENGER)
                                .filter(challenger -> challenger.digest().equals(digest))
                                .isPresent();
        return promoted ? next.cleared(name, ModelRef.CHALLENGER) : next;
    }

    /** The alias means nothing any more. */
    ModelRecord cleared(String name, String alias) {
        Name before = names.get(name);
        Map<String, Alias> aliases = new TreeMap<>(before.aliases());
        aliases.remove(alias);
        Map<String, Name> next = new TreeMap<>(names);
        next.put(name, new Name(before.generation() + 1, before.release(), aliases));
        return new ModelRecord(next, versions);
    }

    /** The alias means last-good again. */
    ModelRecord rolledBack(String name, String alias) {
        Alias before = alias(name, alias).orElseThrow();
        return withAlias(name, alias, new Alias(before.lastGood().orElseThrow(), Optional.empty()));
    }

    /**
     * The version stays off for good: no alias other than champion means it any more and no
     * rollback goes there. A version that is some name's champion cannot be rejected.
     */
    ModelRecord rejected(Digest digest, String reason) {
        Map<String, Name> next = new TreeMap<>();
        names.forEach((name, known) -> next.put(name, withoutDigest(known, digest)));
        Map<Digest, Version> kept = new LinkedHashMap<>(versions);
        Version version = kept.remove(digest);
        kept.put(
                digest,
                new Version(
                        version.name(),
                        version.version(),
                        0,
                        Optional.of(reason),
                        version.accepted()));
        forgetOldest(kept);
        return new ModelRecord(next, kept);
    }

    private static Name withoutDigest(Name name, Digest digest) {
        Map<String, Alias> aliases = new TreeMap<>();
        name.aliases()
                .forEach(
                        (alias, meaning) -> {
                            if (!meaning.digest().equals(digest)) {
                                aliases.put(
                                        alias,
                                        new Alias(
                                                meaning.digest(),
                                                meaning.lastGood().filter(d -> !d.equals(digest))));
                            }
                        });
        return new Name(name.generation(), name.release(), aliases);
    }

    private static void forgetOldest(Map<Digest, Version> versions) {
        Set<Digest> rejected = new HashSet<>();
        versions.forEach(
                (digest, version) -> version.rejected().ifPresent(r -> rejected.add(digest)));
        int surplus = rejected.size() - REJECTED_KEPT;
        for (var oldest = versions.keySet().iterator(); surplus > 0 && oldest.hasNext(); ) {
            if (rejected.contains(oldest.next())) {
                oldest.remove();
                surplus--;
            }
        }
    }

    private ModelRecord withAlias(String name, String alias, Alias meaning) {
        Name before = names.getOrDefault(name, new Name(0, UNRELEASED, Map.of()));
        Map<String, Alias> aliases = new TreeMap<>(before.aliases());
        aliases.put(alias, meaning);
        Map<String, Name> next = new TreeMap<>(names);
        next.put(name, new Name(before.generation() + 1, before.release(), aliases));
        return new ModelRecord(
                next, alias.equals(ModelRef.CHALLENGER) ? versions : accepted(meaning.digest()));
    }

    private Map<Digest, Version> accepted(Digest digest) {
        Version version = versions.get(digest);
        if (version == null || version.accepted()) {
            return versions;
        }
        Map<Digest, Version> next = new LinkedHashMap<>(versions);
        next.put(
                digest,
                new Version(
                        version.name(),
                        version.version(),
                        version.bytes(),
                        version.rejected(),
                        true));
        return next;
    }

    /** A release with this counter decides: lower ones need an order from now on. */
    ModelRecord released(String name, long counter) {
        Name known = names.get(name);
        if (known == null || known.release() >= counter) {
            return this;
        }
        Map<String, Name> next = new TreeMap<>(names);
        next.put(name, new Name(known.generation(), counter, known.aliases()));
        return new ModelRecord(next, versions);
    }

    /** Highest release counter of a name that has decided here; -1 before the first. */
    long release(String name) {
        Name known = names.get(name);
        return known == null ? UNRELEASED : known.release();
    }

    String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("format", FORMAT);
        JsonObject byName = new JsonObject();
        names.forEach((name, known) -> byName.add(name, json(known)));
        json.add("names", byName);
        JsonObject byDigest = new JsonObject();
        versions.forEach((digest, version) -> byDigest.add(digest.value(), json(version)));
        json.add("versions", byDigest);
        return GSON.toJson(json) + "\n";
    }

    private static JsonObject json(Name name) {
        JsonObject json = new JsonObject();
        json.addProperty("generation", name.generation());
        if (name.release() != UNRELEASED) {
            json.addProperty("release", name.release());
        }
        JsonObject aliases = new JsonObject();
        name.aliases()
                .forEach(
                        (alias, meaning) -> {
                            JsonObject one = new JsonObject();
                            one.addProperty("digest", meaning.digest().value());
                            meaning.lastGood()
                                    .ifPresent(d -> one.addProperty("lastGood", d.value()));
                            aliases.add(alias, one);
                        });
        json.add("aliases", aliases);
        return json;
    }

    private static JsonObject json(Version version) {
        JsonObject json = new JsonObject();
        json.addProperty("name", version.name());
        json.addProperty("version", version.version());
        json.addProperty("bytes", version.bytes());
        version.rejected().ifPresent(reason -> json.addProperty("rejected", reason));
        if (version.accepted()) {
            json.addProperty("accepted", true);
        }
        return json;
    }

    /** Reads {@link #toJson}. RuntimeException when the text is damaged. */
    static ModelRecord parse(String text) {
        JsonObject json = GSON.fromJson(text, JsonObject.class);
        if (json == null || json.get("format").getAsInt() != FORMAT) {
            throw new IllegalArgumentException("not a record of format " + FORMAT);
        }
        Map<String, Name> names = new TreeMap<>();
        for (Map.Entry<String, JsonElement> name : json.getAsJsonObject("names").entrySet()) {
            names.put(ModelRef.requireName(name.getKey()), name(name.getValue().getAsJsonObject()));
        }
        Map<Digest, Version> versions = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> version : json.getAsJsonObject("versions").entrySet()) {
            versions.put(
                    new Digest(version.getKey()), version(version.getValue().getAsJsonObject()));
        }
        return new ModelRecord(names, versions);
    }

    private static Name name(JsonObject json) {
        Map<String, Alias> aliases = new TreeMap<>();
        for (Map.Entry<String, JsonElement> alias : json.getAsJsonObject("aliases").entrySet()) {
            JsonObject meaning = alias.getValue().getAsJsonObject();
            aliases.put(
                    alias.getKey(),
                    new Alias(
                            new Digest(meaning.get("digest").getAsString()),
                            text(meaning, "lastGood").map(Digest::new)));
        }
        JsonElement release = json.get("release");
        return new Name(
                json.get("generation").getAsLong(),
                release == null ? UNRELEASED : release.getAsLong(),
                aliases);
    }

    private static Version version(JsonObject json) {
        return new Version(
                json.get("name").getAsString(),
                json.get("version").getAsString(),
                json.get("bytes").getAsLong(),
                text(json, "rejected"),
                json.has("accepted"));
    }

    private static Optional<String> text(JsonObject json, String field) {
        return Optional.ofNullable(json.get(field)).map(JsonElement::getAsString);
    }
}
