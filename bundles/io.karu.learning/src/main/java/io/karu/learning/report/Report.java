package io.karu.learning.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.api.inspection.Finding;
import io.karu.api.model.Digest;
import io.karu.learning.metric.Confusion;
import io.karu.modelversion.Machine;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance.DataUse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How a model version was trained or how good it is (docs/contracts.md §8). Collects; {@link
 * #write} puts it beside the version, {@link HtmlPage} shows it to a person. Not thread-safe.
 */
public final class Report {
    /** Samples with pictures that a report keeps at most. */
    public static final int MAX_SAMPLES = 60;

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Kind kind;
    private final String model;
    private final String version;
    private final Digest digest;
    private final Instant createdAt = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final List<DataUse> data = new ArrayList<>();
    private final List<Metric> metrics = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Curve> curves = new ArrayList<>();
    private final List<SampleResult> samples = new ArrayList<>();
    private String command = "";
    private long seed;
    private double seconds;
    private Optional<Confusion> confusion = Optional.empty();

    /** What a report is about. */
    public enum Kind {
        TRAINING,
        EVALUATION;

        /** As written in files. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Begins a report of a version. */
    public Report(Kind kind, ModelVersionFolder of) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.model = of.card().name();
        this.version = of.card().version();
        this.digest = of.digest();
    }

    /** The command that repeats it. */
    public Report command(String line) {
        command = line;
        return this;
    }

    public Report seed(long value) {
        seed = value;
        return this;
    }

    /** What it took, in seconds. */
    public Report seconds(double taken) {
        seconds = taken;
        return this;
    }

    public Report data(Collection<DataUse> uses) {
        data.addAll(uses);
        return this;
    }

    public Report metrics(Collection<Metric> measured) {
        metrics.addAll(measured);
        return this;
    }

    /** One sentence for a person. */
    public Report note(String sentence) {
        notes.add(sentence);
        return this;
    }

    public Report curve(Curve curve) {
        curves.add(curve);
        return this;
    }

    public Report confusion(Confusion table) {
        confusion = Optional.of(table);
        return this;
    }

    /** Samples, worst first; those beyond {@link #MAX_SAMPLES} are left out. */
    public Report samples(List<SampleResult> worstFirst) {
        worstFirst.stream().limit(MAX_SAMPLES - samples.size()).forEach(samples::add);
        return this;
    }

    public Kind kind() {
        return kind;
    }

    /** Name and label of the version, for a person. */
    public String title() {
        return model + " " + version;
    }

    public Digest digest() {
        return digest;
    }

    public Instant createdAt() {
        return createdAt;
    }

    public String command() {
        return command;
    }

    public long seed() {
        return seed;
    }

    public double seconds() {
        return seconds;
    }

    public List<DataUse> data() {
        return Collections.unmodifiableList(data);
    }

    public List<Metric> metrics() {
        return Collections.unmodifiableList(metrics);
    }

    public List<String> notes() {
        return Collections.unmodifiableList(notes);
    }

    public List<Curve> curves() {
        return Collections.unmodifiableList(curves);
    }

    public Optional<Confusion> confusion() {
        return confusion;
    }

    public List<SampleResult> samples() {
        return Collections.unmodifiableList(samples);
    }

    /**
     * Writes the report beside its version, into {@code X.reports/}.
     *
     * @param versionFolder the version's folder X
     * @return the JSON file
     */
    public Path write(Path versionFolder) throws IOException {
        Path absolute = versionFolder.toAbsolutePath().normalize();
        Path folder = absolute.resolveSibling(absolute.getFileName() + ".reports");
        Files.createDirectories(folder);
        Map<String, byte[]> pictures = new LinkedHashMap<>();
        String json = GSON.toJson(json(pictures)) + "\n";
        for (Map.Entry<String, byte[]> picture : pictures.entrySet()) {
            Path file = folder.resolve(picture.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, picture.getValue());
        }
        return Files.writeString(folder.resolve(kind + ".json"), json);
    }

    private JsonObject json(Map<String, byte[]> pictures) {
        JsonObject json = new JsonObject();
        json.addProperty("contract", 1);
        json.addProperty("kind", kind.toString());
        JsonObject of = new JsonObject();
        of.addProperty("name", model);
        of.addProperty("version", version);
        of.addProperty("digest", digest.value());
        json.add("model", of);
        json.addProperty("createdAt", createdAt.toString());
        json.addProperty("command", command);
        json.addProperty("seed", seed);
        json.addProperty("seconds", seconds);
        json.add("machine", machine());
        json.add("data", array(data, DataUse::toJson));
        json.add("metrics", array(metrics, Metric::toJson));
        json.add("notes", GSON.toJsonTree(notes));
        if (!curves.isEmpty()) {
            json.add("curves", array(curves, Report::curveJson));
        }
        confusion.ifPresent(table -> json.add("confusion", confusionJson(table)));
        if (!samples.isEmpty()) {
            JsonArray array = new JsonArray();
            for (int i = 0; i < samples.size(); i++) {
                array.add(sampleJson(samples.get(i), kind + "-" + (i + 1), pictures));
            }
            json.add("samples", array);
        }
        return json;
    }

    private static JsonObject machine() {
        Machine here = Machine.here();
        JsonObject json = new JsonObject();
        json.addProperty("processor", here.processor());
        json.addProperty("cores", here.cores());
        json.add("cpuFlags", GSON.toJsonTree(here.cpuFlags()));
        json.addProperty("memoryBytes", here.memoryBytes());
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        if (load >= 0) {
            json.addProperty("load", load);
        }
        return json;
    }

    private static JsonObject curveJson(Curve curve) {
        JsonObject json = new JsonObject();
        json.addProperty("name", curve.name());
        json.addProperty("axis", curve.axis());
        if (curve.scale() == Curve.Scale.LOG) {
            json.addProperty("scale", "log");
        }
        curve.best().ifPresent(at -> json.addProperty("best", at));
        json.add(
                "series",
                array(
                        curve.series(),
                        series -> {
                            JsonObject one = new JsonObject();
                            one.addProperty("name", series.name());
                            one.add(
                                    "points",
                                    array(
                                            series.points(),
                                            point ->
                                                    GSON.toJsonTree(
                                                            new double[] {
                                                                point.at(), point.value()
                                                            })));
                            return one;
                        }));
        return json;
    }

    private static JsonObject confusionJson(Confusion table) {
        JsonObject json = new JsonObject();
        json.add("labels", GSON.toJsonTree(table.labels()));
        JsonArray rows = new JsonArray();
        for (int t = 0; t < table.labels().size(); t++) {
            JsonArray row = new JsonArray();
            for (int d = 0; d < table.labels().size(); d++) {
                row.add(table.count(t, d));
            }
            rows.add(row);
        }
        json.add("counts", rows);
        return json;
    }

    private static JsonObject sampleJson(
            SampleResult sample, String name, Map<String, byte[]> pictures) {
        JsonObject json = new JsonObject();
        json.addProperty("frame", sample.frame());
        json.addProperty("truth", sample.truth());
        json.addProperty("decided", sample.decided());
        json.addProperty("score", sample.score());
        sample.threshold().ifPresent(value -> json.addProperty("threshold", value));
        json.addProperty("wrong", sample.wrong());
        json.addProperty("note", sample.note());
        json.addProperty("image", put(pictures, name, sample.image()));
        sample.heatMap()
                .ifPresent(map -> json.addProperty("heatMap", put(pictures, name + "-heat", map)));
        sample.mask()
                .ifPresent(map -> json.addProperty("mask", put(pictures, name + "-mask", map)));
        json.add("findings", array(sample.findings(), Report::findingJson));
        return json;
    }

    private static JsonElement findingJson(Finding finding) {
        JsonObject json = new JsonObject();
        json.addProperty("label", finding.label());
        json.addProperty("x", finding.x());
        json.addProperty("y", finding.y());
        json.addProperty("width", finding.width());
        json.addProperty("height", finding.height());
        json.addProperty("score", finding.score());
        return json;
    }

    private static String put(Map<String, byte[]> pictures, String name, byte[] picture) {
        boolean png = picture.length > 1 && (picture[0] & 0xff) == 0x89 && picture[1] == 'P';
        String path = "pictures/" + name + (png ? ".png" : ".jpg");
        pictures.put(path, picture);
        return path;
    }

    private static <T> JsonArray array(
            Collection<T> values, java.util.function.Function<T, ? extends JsonElement> write) {
        JsonArray array = new JsonArray();
        values.forEach(value -> array.add(write.apply(value)));
        return array;
    }
}
