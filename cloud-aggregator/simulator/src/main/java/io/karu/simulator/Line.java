package io.karu.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A production line with one station: parts with defects, and what the gateway's champion sees of
 * them. Thread-safe.
 */
public final class Line {
    private static final String[] DECISIONS = {"ACCEPT", "REVIEW", "REJECT"};

    private final String station;
    private final String model;
    private final Map<String, Double> defects;
    private final Function<String, Sight> sights;
    private final Random random;
    private final Map<String, Counts> counts = new LinkedHashMap<>();
    private long sequence;
    private String deciding = "";

    /**
     * What a model version sees.
     *
     * @param blindTo defect classes that it never finds
     * @param falseRejects share of parts on which it finds something that is not there
     * @param millis 99 % of its decisions take less
     * @param residentBytes of the gateway's process with it
     */
    public record Sight(
            Set<String> blindTo, double falseRejects, double millis, long residentBytes) {
        /** Finds everything, and nothing else, in 18 ms. */
        public static final Sight GOOD = new Sight(Set.of(), 0, 18, 200_000_000);

        public Sight blindTo(String... classes) {
            return new Sight(Set.of(classes), falseRejects, millis, residentBytes);
        }

        public Sight slower(double factor) {
            return new Sight(blindTo, falseRejects, millis * factor, residentBytes);
        }
    }

    private static final class Counts {
        private final Instant since;
        private final long[] decisions = new long[DECISIONS.length];
        private final long[][] compared = new long[DECISIONS.length][DECISIONS.length];
        private final Map<String, Long> labels = new TreeMap<>();
        private final String role;
        private final String digest;
        private final String champion;

        Counts(Instant since, String role, String digest, String champion) {
            this.since = since;
            this.role = role;
            this.digest = digest;
            this.champion = champion;
        }

        void count(int decision, Set<String> found) {
            decisions[decision]++;
            found.forEach(label -> labels.merge(label, 1L, Long::sum));
        }

        long frames() {
            return decisions[0] + decisions[1] + decisions[2];
        }
    }

    /**
     * @param station its name
     * @param model name of the model whose champion decides
     * @param defects share of the parts that have a defect of each class
     * @param sights what the version of a digest sees
     */
    public Line(
            String station,
            String model,
            Map<String, Double> defects,
            Function<String, Sight> sights,
            long seed) {
        this.station = station;
        this.model = model;
        this.defects = new TreeMap<>(defects);
        this.sights = sights;
        this.random = new Random(seed);
    }

    /** Which versions look: what the gateway's aliases mean. */
    interface Versions {
        Optional<String> digest(String model, String alias);

        String label(String digest);
    }

    /** Lets parts pass; their verdicts as the contract has them, empty while no model decides. */
    synchronized ArrayNode inspect(int parts, Versions versions, Supplier<Instant> clock) {
        ArrayNode verdicts = Software.JSON.createArrayNode();
        Optional<String> champion = versions.digest(model, "champion");
        if (champion.isEmpty()) {
            return verdicts;
        }
        Optional<String> challenger =
                versions.digest(model, "challenger").filter(d -> !d.equals(champion.get()));
        if (!deciding.equals(champion.get())) {
            counts.clear();
            deciding = champion.get();
        }
        for (int i = 0; i < parts; i++) {
            Set<String> there = part();
            double luck = random.nextDouble();
            Set<String> found = see(there, sights.apply(champion.get()), luck);
            int decision = found.isEmpty() ? 0 : 2;
            Instant now = clock.get();
            counts("champion", champion.get(), "", now).count(decision, found);
            challenger.ifPresent(
                    digest -> {
                        Set<String> alsoFound = see(there, sights.apply(digest), luck);
                        Counts beside = counts("challenger", digest, champion.get(), now);
                        beside.count(alsoFound.isEmpty() ? 0 : 2, alsoFound);
                        beside.compared[decision][alsoFound.isEmpty() ? 0 : 2]++;
                    });
            verdict(verdicts.addObject(), champion.get(), versions, found, now);
        }
        return verdicts;
    }

    private Set<String> part() {
        Set<String> there = new TreeSet<>();
        defects.forEach(
                (label, share) -> {
                    if (random.nextDouble() < share) {
                        there.add(label);
                    }
                });
        return there;
    }

    private static Set<String> see(Set<String> there, Sight sight, double luck) {
        Set<String> found = new TreeSet<>(there);
        found.removeAll(sight.blindTo());
        if (luck < sight.falseRejects()) {
            found.add("scratch");
        }
        return found;
    }

    private Counts counts(String role, String digest, String champion, Instant now) {
        return counts.computeIfAbsent(
                role + digest + champion, key -> new Counts(now, role, digest, champion));
    }

    private void verdict(
            ObjectNode verdict, String digest, Versions versions, Set<String> found, Instant now) {
        sequence++;
        Sight sight = sights.apply(digest);
        verdict.put("sequence", sequence)
                .put("kind", "verdict")
                .put("station", station)
                .put("frame", "f" + sequence)
                .put("capturedAt", now.minus(Duration.ofMillis((long) sight.millis())).toString())
                .put("decidedAt", now.toString())
                .put("decision", found.isEmpty() ? "ACCEPT" : "REJECT")
                .put("reason", found.isEmpty() ? "no defects" : String.join(", ", found))
                .put("score", found.isEmpty() ? 0.05 : 0.95);
        ArrayNode findings = verdict.putArray("findings");
        int x = 10;
        for (String label : found) {
            findings.addObject()
                    .put("label", label)
                    .put("x", x)
                    .put("y", 20)
                    .put("width", 31)
                    .put("height", 18)
                    .put("score", 0.95);
            x += 40;
        }
        verdict.put("model", digest).put("modelName", model + " " + versions.label(digest));
        verdict.putObject("timingMicros")
                .put("queued", 120)
                .put("decode", (long) (sight.millis() * 300))
                .put("inference", (long) (sight.millis() * 600))
                .put("decision", (long) (sight.millis() * 100));
    }

    /** What was counted since the last change of what decides, as the contract has it. */
    synchronized ArrayNode evidence(Versions versions, Instant now) {
        ArrayNode list = Software.JSON.createArrayNode();
        for (Counts c : counts.values()) {
            Sight sight = sights.apply(c.digest);
            ObjectNode told =
                    list.addObject()
                            .put("kind", "evidence")
                            .put("role", c.role)
                            .put("station", station)
                            .put("model", c.digest)
                            .put("name", model)
                            .put("version", versions.label(c.digest))
                            .put("since", c.since.toString())
                            .put("at", now.toString())
                            .put("frames", c.frames())
                            .put("accepted", c.decisions[0])
                            .put("rejected", c.decisions[2])
                            .put("review", c.decisions[1])
                            .put("failed", 0)
                            .put("residentBytes", sight.residentBytes());
            ObjectNode labels = told.putObject("labels");
            c.labels.forEach(labels::put);
            told.putObject("latencyMillis")
                    .put("p50", sight.millis() * 0.7)
                    .put("p99", sight.millis());
            if (c.role.equals("challenger")) {
                compared(told, c);
            }
        }
        return list;
    }

    private static void compared(ObjectNode told, Counts c) {
        told.put("champion", c.champion);
        ArrayNode rows = told.putArray("counts");
        long agreed = 0;
        for (int i = 0; i < DECISIONS.length; i++) {
            ArrayNode row = rows.addArray();
            for (long n : c.compared[i]) {
                row.add(n);
            }
            agreed += c.compared[i][i];
        }
        told.put("agreed", agreed).put("yielded", 0).put("share", 0.08).put("kept", 0);
        told.putObject("scoreShift").put("mean", 0).put("deviation", 0);
        told.put("addedBytes", 0);
    }

    /** An operator decides the part of the newest verdict otherwise. */
    synchronized ObjectNode overrule(Instant now, String decision) {
        return Software.JSON
                .createObjectNode()
                .put("sequence", sequence)
                .put("kind", "overrule")
                .put("station", station)
                .put("frame", "f" + sequence)
                .put("decision", decision)
                .put("operator", "admin")
                .put("at", now.toString())
                .put("note", "");
    }

    /** How many verdicts there were. */
    public synchronized long verdicts() {
        return sequence;
    }

    String station() {
        return station;
    }

    synchronized ObjectNode told() {
        return Software.JSON
                .createObjectNode()
                .put("station", station)
                .put("state", "INSPECTING")
                .put("reason", "inspecting")
                .put("model", deciding)
                .put("frames", sequence);
    }
}
