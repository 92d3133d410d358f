package io.karu.compression;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.model.Digest;
import io.karu.learning.metric.Interval;
import io.karu.modelversion.Machine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance.DataUse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What shrinking a model version costs and brings: the grid of its variants (docs/contracts.md §8,
 * compression). Collects; {@link #write} puts JSON and HTML beside the version. Not thread-safe.
 */
public final class CompressionReport {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final String model;
    private final String version;
    private final Digest digest;
    private final Instant createdAt = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final List<Budget> budgets;
    private final List<DataUse> data = new ArrayList<>();
    private final List<Variant> variants = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<Variant, Digest> kept = new LinkedHashMap<>();
    private String command = "";
    private long seed;
    private double seconds;
    private final List<DataUse> calibrations = new ArrayList<>();

    /** Begins a report of a version's compression. */
    public CompressionReport(ModelVersionFolder of, List<Budget> budgets) {
        this.model = of.card().name();
        this.version = of.card().version();
        this.digest = of.digest();
        this.budgets = List.copyOf(budgets);
    }

    /** The command that repeats it, its seed and what it took. */
    public CompressionReport run(String line, long chosenSeed, double tookSeconds) {
        command = line;
        seed = chosenSeed;
        seconds = tookSeconds;
        return this;
    }

    /** What images calibrated were taken from. */
    public CompressionReport calibration(DataUse use) {
        calibrations.add(Objects.requireNonNull(use, "use"));
        return this;
    }

    /** What evaluated. */
    public CompressionReport data(DataUse use) {
        data.add(use);
        return this;
    }

    /** Adds the variants of a scope. */
    public CompressionReport variants(List<Variant> measured) {
        variants.addAll(measured);
        return this;
    }

    /** Notes that a variant was kept as a version. */
    public CompressionReport kept(Variant variant, Digest as) {
        kept.put(variant, as);
        return this;
    }

    /** One sentence for a person. */
    public CompressionReport note(String sentence) {
        notes.add(sentence);
        return this;
    }

    /** The budgets, for a person. */
    public String budgetText() {
        return String.join(", ", budgets.stream().map(Budget::toString).toList());
    }

    String title() {
        return model + " " + version;
    }

    String machine() {
        Machine here = Machine.here();
        return here.processor()
                + ", "
                + here.cores()
                + " cores, "
                + Processor.here().abilities()
                + ", load "
                + load();
    }

    String command() {
        return command;
    }

    long seed() {
        return seed;
    }

    Instant createdAt() {
        return createdAt;
    }

    List<Budget> budgets() {
        return budgets;
    }

    List<Variant> variants() {
        return variants;
    }

    List<String> notes() {
        return notes;
    }

    /**
     * Writes {@code compression.json} and {@code compression.html} into {@code X.reports/}.
     *
     * @param versionFolder the version's folder X
     * @return the HTML file
     */
    public Path write(Path versionFolder) throws IOException {
        Path absolute = versionFolder.toAbsolutePath().normalize();
        Path folder = absolute.resolveSibling(absolute.getFileName() + ".reports");
        Files.createDirectories(folder);
        replace(folder.resolve("compression.html"), CompressionPage.of(this));
        replace(folder.resolve("compression.json"), json() + "\n");
        return folder.resolve("compression.html");
    }

    /** Whole or not at all, also where the process is killed. */
    private static void replace(Path file, String text) throws IOException {
        Path aside = file.resolveSibling("." + file.getFileName() + ".next");
        Files.writeString(aside, text);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The report as docs/contracts.md writes it. */
    public String json() {
        JsonObject json = new JsonObject();
        json.addProperty("contract", 1);
        json.addProperty("kind", "compression");
        JsonObject of = new JsonObject();
        of.addProperty("name", model);
        of.addProperty("version", version);
        of.addProperty("digest", digest.value());
        json.add("model", of);
        json.addProperty("createdAt", createdAt.toString());
        json.addProperty("command", command);
        json.addProperty("seed", seed);
        json.addProperty("seconds", seconds);
        json.add("machine", machineJson());
        JsonArray used = new JsonArray();
        data.forEach(use -> used.add(use.toJson()));
        json.add("data", used);
        json.add("notes", GSON.toJsonTree(notes));
        json.add("budget", budgetJson(budgets.get(0)));
        JsonArray all = new JsonArray();
        budgets.forEach(budget -> all.add(budgetJson(budget)));
        json.add("budgets", all);
        if (!calibrations.isEmpty()) {
            JsonObject by = new JsonObject();
            by.addProperty("images", calibrations.stream().mapToLong(DataUse::items).sum());
            by.addProperty("digest", calibrations.get(0).digest().value());
            json.add("calibration", by);
        }
        JsonArray grid = new JsonArray();
        variants.forEach(variant -> grid.add(variantJson(variant)));
        json.add("variants", grid);
        return GSON.toJson(json);
    }

    private static JsonObject machineJson() {
        Machine here = Machine.here();
        JsonObject json = new JsonObject();
        json.addProperty("processor", here.processor());
        json.addProperty("cores", here.cores());
        json.add("cpuFlags", GSON.toJsonTree(here.cpuFlags()));
        json.addProperty("memoryBytes", here.memoryBytes());
        if (load() >= 0) {
            json.addProperty("load", load());
        }
        return json;
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static JsonObject budgetJson(Budget budget) {
        JsonObject json = new JsonObject();
        json.addProperty("metric", budget.metric());
        json.addProperty("loss", budget.loss());
        json.addProperty("confidence", 0.95);
        return json;
    }

    private JsonObject variantJson(Variant variant) {
        JsonObject json = new JsonObject();
        json.addProperty("scope", variant.scope());
        json.addProperty("data", variant.data());
        json.addProperty("variant", variant.name());
        json.addProperty("precision", variant.precision());
        json.addProperty("outcome", variant.outcome().name());
        json.addProperty("reason", variant.reason());
        if (kept.containsKey(variant)) {
            json.addProperty("digest", kept.get(variant).value());
        }
        json.add("steps", GSON.toJsonTree(variant.steps()));
        JsonArray metrics = new JsonArray();
        variant.metrics().forEach((name, value) -> metrics.add(metricJson(name, value)));
        json.add("metrics", metrics);
        JsonObject latency = new JsonObject();
        latency.addProperty("p50", variant.timing().p50());
        latency.addProperty("p99", variant.timing().p99());
        latency.addProperty("best", variant.timing().best());
        latency.addProperty("runs", variant.timing().runs());
        json.add("latencyMillis", latency);
        variant.speedup()
                .ifPresent(
                        ratio -> {
                            json.addProperty("speedup", ratio.value());
                            json.addProperty("speedupLow", ratio.low());
                            json.addProperty("speedupHigh", ratio.high());
                        });
        variant.size().memoryBytes().ifPresent(bytes -> json.addProperty("memoryBytes", bytes));
        json.addProperty("workingBytes", variant.size().workingBytes());
        json.addProperty("sizeBytes", variant.size().fileBytes());
        json.addProperty("macs", variant.size().macs());
        json.addProperty("parameters", variant.size().parameters());
        json.addProperty("clippedFraction", variant.clippedFraction());
        return json;
    }

    private static JsonObject metricJson(String name, Interval value) {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.addProperty("value", value.value());
        json.addProperty("low", value.low());
        json.addProperty("high", value.high());
        json.addProperty("confidence", value.confidence());
        return json;
    }
}
