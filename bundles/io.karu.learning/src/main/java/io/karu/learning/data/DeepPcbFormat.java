package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.DeepPcb.DefectClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link Layout#DEEPPCB}. */
final class DeepPcbFormat implements LayoutFormat {
    private static final long MAX_TEXT = 16 << 20;
    private static final List<String> LABELS =
            Arrays.stream(DefectClass.values()).map(DefectClass::toString).toList();
    private static final String LIST_EXTENSION = ".jpg";

    @Override
    public Layout layout() {
        return Layout.DEEPPCB;
    }

    @Override
    public boolean recognises(Path root) throws IOException {
        Path base = base(root);
        return isList(base.resolve("trainval.txt"))
                || isList(base.resolve("test.txt"))
                || !tests(base).isEmpty();
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        Path base = base(reading.root());
        List<Sample> samples = new ArrayList<>();
        for (Path list : List.of(base.resolve("trainval.txt"), base.resolve("test.txt"))) {
            if (isList(list)) {
                readList(reading, base, list, samples);
            }
        }
        if (samples.isEmpty() && reading.problems().isEmpty()) {
            for (Path test : tests(base)) {
                String name = test.getFileName().toString();
                String id = name.substring(0, name.lastIndexOf("_test."));
                sample(reading, base, id, test, id + ".txt", Part.NONE).ifPresent(samples::add);
            }
        }
        Path named = base.equals(reading.root()) ? base : reading.root();
        return new DataSet(named.getFileName().toString(), layout(), LABELS, samples);
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        Map<Part, StringBuilder> lists = new LinkedHashMap<>();
        for (Sample sample : data.samples()) {
            if (sample.label().isPresent()) {
                throw Writing.cannot(layout(), sample, "it has a class of its own and no boxes");
            }
            String extension = Writing.extension(sample.image());
            if (sample.part() != Part.NONE && !extension.equals("jpg")) {
                throw Writing.cannot(layout(), sample, "its lists name .jpg files only");
            }
            String name = writing.name(sample);
            StringBuilder text = new StringBuilder();
            for (Annotation mark : sample.annotations()) {
                int label = LABELS.indexOf(mark.label());
                if (label < 0) {
                    throw Writing.cannot(layout(), sample, "no class " + mark.label());
                }
                text.append(new Defect(mark.box(), DefectClass.values()[label]).line())
                        .append('\n');
            }
            String place = sample.part() == Part.NONE ? "" : "images/";
            Path images = folder.resolve(place);
            Writing.copy(sample.image(), images.resolve(name + "_test." + extension));
            if (sample.template().isPresent()) {
                Path template = sample.template().get();
                Writing.copy(
                        template, images.resolve(name + "_temp." + Writing.extension(template)));
            }
            Files.writeString(images.resolve(name + ".txt"), text);
            if (sample.part() != Part.NONE) {
                lists.computeIfAbsent(sample.part(), part -> new StringBuilder())
                        .append(place + name + LIST_EXTENSION + " " + place + name + ".txt\n");
            }
        }
        for (Map.Entry<Part, StringBuilder> list : lists.entrySet()) {
            String name =
                    switch (list.getKey()) {
                        case TEST -> "test.txt";
                        default -> "trainval.txt";
                    };
            Path file = folder.resolve(name);
            String before = Files.exists(file) ? Files.readString(file) : "";
            Files.writeString(file, before + list.getValue());
        }
    }

    private void readList(Reading reading, Path base, Path list, List<Sample> samples)
            throws IOException {
        Part part = Part.named(Reading.stem(list.getFileName().toString())).orElse(Part.NONE);
        for (String line : reading.lines(list, MAX_TEXT)) {
            String[] names = line.trim().split("\\s+");
            if (line.isBlank()) {
                continue;
            }
            if (names.length != 2 || !names[0].endsWith(LIST_EXTENSION)) {
                reading.problem(
                        list, Kind.MALFORMED, "\"" + line + "\" names no image and annotation");
                continue;
            }
            String stem = names[0].substring(0, names[0].length() - LIST_EXTENSION.length());
            Optional<Path> test = reading.file(base, stem + "_test" + LIST_EXTENSION, list);
            if (test.isPresent()) {
                sample(reading, base, stem, test.get(), names[1], part).ifPresent(samples::add);
            }
        }
    }

    private Optional<Sample> sample(
            Reading reading, Path base, String id, Path test, String annotation, Part part)
            throws IOException {
        Optional<Path> text = reading.file(base, annotation, test);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Sample.Builder sample = Sample.of(id, test).part(part);
        for (String extension : List.of(Writing.extension(test), "jpg", "png", "bmp")) {
            Optional<Path> template = reading.optionalFile(base, id + "_temp." + extension, test);
            if (template.isPresent()) {
                sample.template(template.get());
                break;
            }
        }
        for (String line : reading.lines(text.get(), MAX_TEXT)) {
            if (!line.isBlank()) {
                annotation(reading, text.get(), line).ifPresent(sample::annotation);
            }
        }
        return Optional.of(sample.build());
    }

    private static Optional<Annotation> annotation(Reading reading, Path file, String line) {
        String[] fields = line.trim().split("[\\s,]+");
        long[] values = new long[5];
        try {
            for (int i = 0; i < 5; i++) {
                values[i] = Long.parseLong(fields[i]);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            reading.problem(file, Kind.MALFORMED, "\"" + line + "\" is not x1 y1 x2 y2 class");
            return Optional.empty();
        }
        if (values[4] < 1 || values[4] > LABELS.size()) {
            reading.problem(
                    file, Kind.UNKNOWN_CLASS, "class " + values[4] + ", 1 to " + LABELS.size());
            return Optional.empty();
        }
        Optional<Box> box = reading.box(file, values[0], values[1], values[2], values[3]);
        return box.map(found -> new Annotation(found, LABELS.get((int) values[4] - 1)));
    }

    private static Path base(Path root) {
        Path inner = root.resolve("PCBData");
        return Files.isDirectory(inner) ? inner : root;
    }

    private static boolean isList(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_TEXT) {
            return false;
        }
        try (var lines = Files.lines(file)) {
            return lines.findFirst().orElse("").contains(LIST_EXTENSION + " ");
        } catch (java.io.UncheckedIOException e) {
            return false;
        }
    }

    private static List<Path> tests(Path folder) throws IOException {
        return Reading.entries(folder).stream()
                .filter(file -> file.getFileName().toString().contains("_test."))
                .filter(Reading::isImage)
                .toList();
    }
}
