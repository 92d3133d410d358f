package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;

/**
 * {@link Layout#CSV}: a header with {@code file} (or {@code image}, {@code path}), {@code class}
 * (or {@code label}), {@code part} (or {@code split}, or a name that ends in {@code _split}),
 * {@code template}, {@code mask}, and {@code x, y, width, height} for a box: a file with several
 * boxes has several lines. Other columns are attributes. Without a column {@code mask}, a PNG
 * beside a JPEG of the same name is its mask.
 */
final class CsvFormat implements LayoutFormat {
    private static final long MAX_TEXT = 256 << 20;
    private static final String INDEX = "index.csv";
    private static final Predicate<String> SPLIT = name -> name.endsWith("_split");
    private static final CSVFormat READ =
            CSVFormat.RFC4180
                    .builder()
                    .setHeader()
                    .setSkipHeaderRecord(true)
                    .setIgnoreHeaderCase(true)
                    .setIgnoreEmptyLines(true)
                    .setTrim(true)
                    .get();

    @Override
    public Layout layout() {
        return Layout.CSV;
    }

    @Override
    public boolean recognises(Path root) throws IOException {
        return index(root).isPresent();
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        Path index =
                index(reading.root())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                reading.root() + " holds no single .csv"));
        Map<String, Sample> samples = new LinkedHashMap<>();
        Optional<String> text = reading.text(index, MAX_TEXT);
        if (text.isPresent()) {
            try (CSVParser parser = CSVParser.parse(new StringReader(text.get()), READ)) {
                Columns columns = new Columns(parser.getHeaderNames());
                for (CSVRecord record : parser) {
                    read(reading, index, columns, record, samples);
                }
            } catch (CSVException | UncheckedIOException | IllegalArgumentException e) {
                reading.problem(index, Kind.MALFORMED, "cannot be read: " + e.getMessage());
            }
        }
        TreeSet<String> labels = new TreeSet<>();
        for (Sample sample : samples.values()) {
            sample.label().ifPresent(labels::add);
            sample.annotations().forEach(mark -> labels.add(mark.label()));
        }
        return new DataSet(
                reading.root().getFileName().toString(),
                layout(),
                List.copyOf(labels),
                List.copyOf(samples.values()));
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        TreeSet<String> attributes = new TreeSet<>();
        data.samples().forEach(sample -> attributes.addAll(sample.attributes().keySet()));
        attributes.removeAll(List.of("width", "height"));
        List<String> header =
                new ArrayList<>(
                        List.of(
                                "file",
                                "class",
                                "part",
                                "template",
                                "mask",
                                "x",
                                "y",
                                "width",
                                "height"));
        header.addAll(attributes);
        StringWriter text = new StringWriter();
        try (CSVPrinter table = new CSVPrinter(text, CSVFormat.RFC4180)) {
            table.printRecord(header);
            for (Sample sample : data.samples()) {
                List<String> start = copy(sample, folder, writing);
                List<String> end = attributes.stream().map(sample::attribute).toList();
                if (sample.annotations().isEmpty()) {
                    line(table, start, sample.label().orElse(""), List.of("", "", "", ""), end);
                }
                for (Annotation mark : sample.annotations()) {
                    Box box = mark.box();
                    line(
                            table,
                            start,
                            mark.label(),
                            List.of(
                                    "" + box.x(),
                                    "" + box.y(),
                                    "" + box.width(),
                                    "" + box.height()),
                            end);
                }
            }
        }
        Files.writeString(folder.resolve(INDEX), text.toString());
    }

    private static void line(
            CSVPrinter table, List<String> start, String label, List<String> box, List<String> end)
            throws IOException {
        List<String> fields = new ArrayList<>(start);
        fields.add(1, label);
        fields.addAll(box);
        fields.addAll(end);
        table.printRecord(fields);
    }

    private static List<String> copy(Sample sample, Path folder, Writing writing)
            throws IOException {
        String name = writing.name(sample);
        String image = "images/" + name + "." + Writing.extension(sample.image());
        Writing.copy(sample.image(), folder.resolve(image));
        String template = "";
        if (sample.template().isPresent()) {
            Path from = sample.template().get();
            template = "templates/" + name + "." + Writing.extension(from);
            Writing.copy(from, folder.resolve(template));
        }
        String mask = "";
        if (sample.mask().isPresent()) {
            mask = "masks/" + name + "." + Writing.extension(sample.mask().get());
            Writing.copy(sample.mask().get(), folder.resolve(mask));
        }
        return List.of(image, sample.part().folder(), template, mask);
    }

    private void read(
            Reading reading,
            Path index,
            Columns columns,
            CSVRecord record,
            Map<String, Sample> samples) {
        String file = columns.get(record, columns.file);
        Optional<Path> image = reading.file(reading.root(), file, index);
        if (image.isEmpty()) {
            return;
        }
        Sample.Builder builder = Sample.of(file, image.get());
        String part = columns.get(record, columns.part);
        Part.named(part).ifPresent(builder::part);
        for (String name : columns.others) {
            builder.attribute(name, columns.get(record, name));
        }
        String template = columns.get(record, columns.template);
        if (!template.isEmpty()) {
            reading.file(reading.root(), template, index).ifPresent(builder::template);
        }
        String mask = columns.get(record, columns.mask);
        if (!mask.isEmpty()) {
            reading.file(reading.root(), mask, index).ifPresent(builder::mask);
        } else if (columns.mask.isEmpty() && file.toLowerCase(Locale.ROOT).matches(".*\\.jpe?g")) {
            String beside = file.substring(0, file.lastIndexOf('.')) + ".png";
            reading.optionalFile(reading.root(), beside, index).ifPresent(builder::mask);
        }
        String label = columns.get(record, columns.label);
        Sample earlier = samples.get(file);
        if (columns.boxed && !columns.get(record, "x").isEmpty()) {
            if (earlier != null) {
                earlier.annotations().forEach(builder::annotation);
            }
            box(reading, index, columns, record)
                    .ifPresent(box -> builder.annotation(new Annotation(box, label)));
        } else if (earlier != null) {
            reading.problem(
                    index,
                    Kind.DUPLICATE,
                    "line " + record.getRecordNumber() + " names " + file + " again");
            return;
        } else if (!label.isEmpty()) {
            builder.label(label);
        }
        samples.put(file, builder.build());
    }

    private static Optional<Box> box(
            Reading reading, Path index, Columns columns, CSVRecord record) {
        try {
            long x = Math.round(Double.parseDouble(columns.get(record, "x")));
            long y = Math.round(Double.parseDouble(columns.get(record, "y")));
            long width = Math.round(Double.parseDouble(columns.get(record, "width")));
            long height = Math.round(Double.parseDouble(columns.get(record, "height")));
            return reading.box(index, x, y, x + width, y + height);
        } catch (NumberFormatException e) {
            reading.problem(
                    index,
                    Kind.MALFORMED,
                    "line " + record.getRecordNumber() + ": the box is no number");
            return Optional.empty();
        }
    }

    private static Optional<Path> index(Path root) throws IOException {
        if (Files.isRegularFile(root.resolve(INDEX))) {
            return Optional.of(root.resolve(INDEX));
        }
        List<Path> tables =
                Reading.entries(root).stream()
                        .filter(file -> file.getFileName().toString().endsWith(".csv"))
                        .toList();
        if (tables.size() != 1 || Files.size(tables.get(0)) > MAX_TEXT) {
            return Optional.empty();
        }
        try (var lines = Files.lines(tables.get(0))) {
            String header = lines.findFirst().orElse("").toLowerCase(Locale.ROOT);
            return List.of(header.split("\\s*,\\s*")).stream()
                            .anyMatch(List.of("file", "image", "path")::contains)
                    ? Optional.of(tables.get(0))
                    : Optional.empty();
        } catch (UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** Which column means what. */
    private static final class Columns {
        private final List<String> others = new ArrayList<>();
        private final String file;
        private final String label;
        private final String part;
        private final String template;
        private final String mask;
        private final boolean boxed;

        Columns(List<String> header) {
            List<String> left = new ArrayList<>();
            header.forEach(name -> left.add(name.toLowerCase(Locale.ROOT)));
            file = take(left, "file", "image", "path");
            label = take(left, "class", "label");
            String named = take(left, "part", "split");
            part =
                    named.isEmpty()
                            ? take(left, left.stream().filter(SPLIT).toArray(String[]::new))
                            : named;
            template = take(left, "template");
            mask = take(left, "mask");
            boxed = left.containsAll(List.of("x", "y", "width", "height"));
            if (boxed) {
                left.removeAll(List.of("x", "y", "width", "height"));
            }
            others.addAll(left);
            if (file.isEmpty()) {
                throw new IllegalArgumentException("no column file, image or path");
            }
        }

        String get(CSVRecord record, String column) {
            return column.isEmpty() || !record.isSet(column) ? "" : record.get(column);
        }

        private static String take(List<String> left, String... names) {
            for (String name : names) {
                if (left.remove(name)) {
                    return name;
                }
            }
            return "";
        }
    }
}
