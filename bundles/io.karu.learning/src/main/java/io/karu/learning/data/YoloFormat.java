package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;

/**
 * {@link Layout#YOLO}: {@code images/<part>/x.jpg} with {@code labels/<part>/x.txt}, or {@code
 * <part>/images} with {@code <part>/labels}, or without parts. An image without label file has no
 * box.
 */
final class YoloFormat implements LayoutFormat {
    private static final long MAX_TEXT = 16 << 20;
    private static final String DATA = "data.yaml";
    private static final String CLASSES = "classes.txt";

    @Override
    public Layout layout() {
        return Layout.YOLO;
    }

    @Override
    public boolean recognises(Path root) {
        boolean named =
                Files.isRegularFile(root.resolve(DATA))
                        || Files.isRegularFile(root.resolve(CLASSES));
        return named && !places(root).isEmpty();
    }

    /** A folder of images with its folder of labels. */
    private record Place(Path images, Path labels, Part part) {}

    @Override
    public DataSet read(Reading reading) throws IOException {
        List<String> labels = labels(reading);
        List<Sample> samples = new ArrayList<>();
        for (Place place : places(reading.root())) {
            for (Path image : reading.images(place.images())) {
                Sample.Builder sample = Sample.of(reading.id(image), image).part(place.part());
                String name = Reading.stem(image.getFileName().toString()) + ".txt";
                Optional<Path> text = reading.optionalFile(place.labels(), name, image);
                if (text.isPresent()) {
                    boxes(reading, text.get(), image, labels, sample);
                }
                samples.add(sample.build());
            }
        }
        return new DataSet(reading.root().getFileName().toString(), layout(), labels, samples);
    }

    private static void boxes(
            Reading reading, Path text, Path image, List<String> labels, Sample.Builder sample)
            throws IOException {
        ImageSize size;
        try {
            size = ImageSize.of(image);
        } catch (IOException e) {
            reading.problem(image, Kind.UNREADABLE, "cannot be read: " + e.getMessage());
            return;
        }
        for (String line : reading.lines(text, MAX_TEXT)) {
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.trim().split("\\s+");
            try {
                int label = Integer.parseInt(fields[0]);
                if (label < 0 || label >= labels.size()) {
                    reading.problem(
                            text,
                            Kind.UNKNOWN_CLASS,
                            "class " + label + ", there are " + labels.size());
                    continue;
                }
                double x = Double.parseDouble(fields[1]);
                double y = Double.parseDouble(fields[2]);
                double width = Double.parseDouble(fields[3]);
                double height = Double.parseDouble(fields[4]);
                Optional<Box> box =
                        reading.box(
                                text,
                                Math.round((x - width / 2) * size.width()),
                                Math.round((y - height / 2) * size.height()),
                                Math.round((x + width / 2) * size.width()),
                                Math.round((y + height / 2) * size.height()));
                box.ifPresent(found -> sample.annotation(new Annotation(found, labels.get(label))));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                reading.problem(
                        text,
                        Kind.MALFORMED,
                        "\"" + line + "\" is not class, centre x, centre y, width, height");
            }
        }
    }

    private static List<String> labels(Reading reading) throws IOException {
        Path data = reading.root().resolve(DATA);
        if (!Files.isRegularFile(data)) {
            return reading.lines(reading.root().resolve(CLASSES), MAX_TEXT).stream()
                    .map(String::trim)
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(10);
        options.setCodePointLimit(1 << 20);
        options.setNestingDepthLimit(20);
        try {
            Object read =
                    new Yaml(new SafeConstructor(options))
                            .load(reading.text(data, MAX_TEXT).orElse(""));
            Object names = read instanceof Map<?, ?> map ? map.get("names") : null;
            if (names instanceof List<?> list) {
                return list.stream().map(String::valueOf).toList();
            }
            if (names instanceof Map<?, ?> map) {
                Map<Integer, String> sorted = new TreeMap<>();
                map.forEach(
                        (key, value) ->
                                sorted.put(
                                        Integer.parseInt(String.valueOf(key)),
                                        String.valueOf(value)));
                return List.copyOf(sorted.values());
            }
            reading.problem(data, Kind.MALFORMED, "has no list \"names\" of classes");
        } catch (YAMLException | NumberFormatException e) {
            reading.problem(data, Kind.MALFORMED, "cannot be read: " + e.getMessage());
        }
        return List.of();
    }

    private static List<Place> places(Path root) {
        List<Place> places = new ArrayList<>();
        for (Part part : Part.values()) {
            for (String name : names(part)) {
                add(
                        places,
                        root.resolve("images").resolve(name),
                        root.resolve("labels").resolve(name),
                        part);
                if (part != Part.NONE) {
                    add(
                            places,
                            root.resolve(name).resolve("images"),
                            root.resolve(name).resolve("labels"),
                            part);
                }
            }
        }
        return places;
    }

    private static List<String> names(Part part) {
        return part == Part.VALIDATION ? List.of("val", "valid") : List.of(part.folder());
    }

    private static void add(List<Place> places, Path images, Path labels, Part part) {
        if (Files.isDirectory(images) && Files.isDirectory(labels)) {
            places.add(new Place(images, labels, part));
        }
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        Set<Part> parts = EnumSet.noneOf(Part.class);
        for (Sample sample : data.samples()) {
            if (sample.label().isPresent()) {
                throw Writing.cannot(layout(), sample, "it has a class of its own and no boxes");
            }
            parts.add(sample.part());
            String name = writing.name(sample);
            String place = sample.part().folder();
            Writing.copy(
                    sample.image(),
                    folder.resolve("images")
                            .resolve(place)
                            .resolve(name + "." + Writing.extension(sample.image())));
            ImageSize size = ImageSize.of(sample.image());
            StringBuilder text = new StringBuilder();
            for (Annotation mark : sample.annotations()) {
                Box box = mark.box();
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%d %.8f %.8f %.8f %.8f%n",
                                data.labels().indexOf(mark.label()),
                                (box.x() + box.width() / 2.0) / size.width(),
                                (box.y() + box.height() / 2.0) / size.height(),
                                box.width() / (double) size.width(),
                                box.height() / (double) size.height()));
            }
            Path labels = folder.resolve("labels").resolve(place);
            Files.createDirectories(labels);
            Files.writeString(labels.resolve(name + ".txt"), text);
        }
        Map<String, Object> yaml = new LinkedHashMap<>();
        parts.forEach(
                part -> {
                    if (part != Part.NONE) {
                        yaml.put(part.folder(), "images/" + part.folder());
                    }
                });
        yaml.put("nc", data.labels().size());
        yaml.put("names", data.labels());
        DumperOptions style = new DumperOptions();
        style.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        Files.writeString(folder.resolve(DATA), new Yaml(new Representer(style), style).dump(yaml));
    }
}
