package io.karu.learning.data;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@link Layout#COCO}: boxes only; segmentation is not read. */
final class CocoFormat implements LayoutFormat {
    private static final long MAX_TEXT = 512L << 20;
    private static final Gson GSON = new Gson();

    @Override
    public Layout layout() {
        return Layout.COCO;
    }

    @Override
    public boolean recognises(Path root) throws IOException {
        return !files(root).isEmpty();
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        List<Sample> samples = new ArrayList<>();
        Map<Long, String> categories = new TreeMap<>();
        for (Path file : files(reading.root())) {
            Optional<String> text = reading.text(file, MAX_TEXT);
            if (text.isPresent()) {
                try {
                    read(
                            reading,
                            file,
                            GSON.fromJson(text.get(), JsonObject.class),
                            samples,
                            categories);
                } catch (JsonParseException
                        | IllegalStateException
                        | NullPointerException
                        | ClassCastException
                        | NumberFormatException
                        | UnsupportedOperationException
                        | StackOverflowError e) {
                    reading.problem(file, Kind.MALFORMED, "is not COCO: " + e.getMessage());
                }
            }
        }
        return new DataSet(
                reading.root().getFileName().toString(),
                layout(),
                categories.values().stream().distinct().toList(),
                samples);
    }

    private void read(
            Reading reading,
            Path file,
            JsonObject json,
            List<Sample> samples,
            Map<Long, String> categories) {
        for (JsonElement element : json.getAsJsonArray("categories")) {
            JsonObject category = element.getAsJsonObject();
            categories.put(category.get("id").getAsLong(), category.get("name").getAsString());
        }
        Part part = part(file);
        Map<Long, Sample.Builder> builders = new LinkedHashMap<>();
        for (JsonElement element : json.getAsJsonArray("images")) {
            JsonObject image = element.getAsJsonObject();
            image(reading, file, part, image)
                    .ifPresent(builder -> builders.put(image.get("id").getAsLong(), builder));
        }
        for (JsonElement element : json.getAsJsonArray("annotations")) {
            JsonObject annotation = element.getAsJsonObject();
            annotation(reading, file, annotation, builders, categories);
        }
        builders.values().forEach(builder -> samples.add(builder.build()));
    }

    private static Optional<Sample.Builder> image(
            Reading reading, Path file, Part part, JsonObject image) {
        String name = image.get("file_name").getAsString();
        Path root = reading.root();
        for (Path base :
                List.of(
                        root.resolve("images"),
                        root.resolve(stem(file)),
                        root.resolve("images").resolve(stem(file)))) {
            Optional<Path> found = reading.optionalFile(base, name, file);
            if (found.isPresent()) {
                return Optional.of(builder(reading, found.get(), part, image));
            }
        }
        return reading.file(root, name, file).map(found -> builder(reading, found, part, image));
    }

    private static Sample.Builder builder(Reading reading, Path file, Part part, JsonObject image) {
        Sample.Builder builder = Sample.of(reading.id(file), file).part(part);
        if (image.has("width") && image.has("height")) {
            builder.attribute("width", image.get("width").getAsString());
            builder.attribute("height", image.get("height").getAsString());
        }
        return builder;
    }

    private static void annotation(
            Reading reading,
            Path file,
            JsonObject annotation,
            Map<Long, Sample.Builder> builders,
            Map<Long, String> categories) {
        Sample.Builder image = builders.get(annotation.get("image_id").getAsLong());
        if (image == null) {
            reading.problem(
                    file,
                    Kind.MISSING,
                    "an annotation names image "
                            + annotation.get("image_id")
                            + ", which is not there");
            return;
        }
        String label = categories.get(annotation.get("category_id").getAsLong());
        if (label == null) {
            reading.problem(
                    file,
                    Kind.UNKNOWN_CLASS,
                    "an annotation names category " + annotation.get("category_id"));
            return;
        }
        JsonArray box = annotation.getAsJsonArray("bbox");
        double x = box.get(0).getAsDouble();
        double y = box.get(1).getAsDouble();
        reading.box(
                        file,
                        Math.round(x),
                        Math.round(y),
                        Math.round(x + box.get(2).getAsDouble()),
                        Math.round(y + box.get(3).getAsDouble()))
                .ifPresent(found -> image.annotation(new Annotation(found, label)));
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        Map<Part, JsonObject> files = new EnumMap<>(Part.class);
        long number = 0;
        for (Sample sample : data.samples()) {
            if (sample.label().isPresent()) {
                throw Writing.cannot(layout(), sample, "it has a class of its own and no boxes");
            }
            JsonObject json = files.computeIfAbsent(sample.part(), part -> empty(data));
            String name = writing.name(sample) + "." + Writing.extension(sample.image());
            Writing.copy(sample.image(), folder.resolve("images").resolve(name));
            ImageSize size = ImageSize.of(sample.image());
            JsonArray images = json.getAsJsonArray("images");
            JsonObject image = new JsonObject();
            long id = images.size() + 1;
            image.addProperty("id", id);
            image.addProperty("file_name", name);
            image.addProperty("width", size.width());
            image.addProperty("height", size.height());
            images.add(image);
            for (Annotation mark : sample.annotations()) {
                json.getAsJsonArray("annotations").add(annotation(data, ++number, id, mark));
            }
        }
        for (Map.Entry<Part, JsonObject> file : files.entrySet()) {
            String part = file.getKey() == Part.NONE ? "all" : file.getKey().folder();
            Path target = folder.resolve("annotations").resolve("instances_" + part + ".json");
            Files.createDirectories(target.getParent());
            Files.writeString(target, GSON.toJson(file.getValue()) + "\n");
        }
    }

    private static JsonObject annotation(DataSet data, long number, long image, Annotation mark) {
        Box box = mark.box();
        JsonObject json = new JsonObject();
        json.addProperty("id", number);
        json.addProperty("image_id", image);
        json.addProperty("category_id", data.labels().indexOf(mark.label()) + 1);
        json.add("bbox", GSON.toJsonTree(new int[] {box.x(), box.y(), box.width(), box.height()}));
        json.addProperty("area", (long) box.width() * box.height());
        json.addProperty("iscrowd", 0);
        return json;
    }

    private static JsonObject empty(DataSet data) {
        JsonObject json = new JsonObject();
        json.add("images", new JsonArray());
        json.add("annotations", new JsonArray());
        JsonArray categories = new JsonArray();
        for (String label : data.labels()) {
            JsonObject category = new JsonObject();
            category.addProperty("id", categories.size() + 1);
            category.addProperty("name", label);
            categories.add(category);
        }
        json.add("categories", categories);
        return json;
    }

    private static Part part(Path file) {
        return Part.named(stem(file)).orElse(Part.NONE);
    }

    /** {@code instances_train2017.json} speaks of {@code train}. */
    private static String stem(Path file) {
        return Reading.stem(file.getFileName().toString())
                .replaceFirst("^instances_", "")
                .replaceFirst("\\d{4}$", "");
    }

    private static List<Path> files(Path root) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : Reading.entries(root.resolve("annotations"))) {
            if (file.getFileName().toString().matches("instances_.*\\.json")) {
                found.add(file);
            }
        }
        if (found.isEmpty()) {
            for (Path file : Reading.entries(root)) {
                if (file.getFileName().toString().endsWith(".json") && looksLikeCoco(file)) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    private static boolean looksLikeCoco(Path file) throws IOException {
        if (Files.size(file) > MAX_TEXT) {
            return false;
        }
        String text = Files.readString(file);
        return text.contains("\"images\"")
                && text.contains("\"annotations\"")
                && text.contains("\"categories\"");
    }
}
