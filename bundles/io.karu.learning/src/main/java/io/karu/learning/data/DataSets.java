package io.karu.learning.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads, checks and writes data sets in every {@link Layout}. */
public final class DataSets {
    /** In the order in which a folder is tried: the most particular first. */
    private static final List<LayoutFormat> FORMATS =
            List.of(
                    new DeepPcbFormat(),
                    new PascalVocFormat(),
                    new YoloFormat(),
                    new CocoFormat(),
                    new MvtecFormat(),
                    new CsvFormat(),
                    new ImageFolderFormat());

    private DataSets() {}

    /** A data set with everything that is wrong with it. */
    public record Checked(DataSet data, List<Problem> problems) {
        public Checked {
            problems = List.copyOf(problems);
        }
    }

    /**
     * The layout of a folder.
     *
     * @throws IllegalArgumentException when it fits none, saying what each looks like
     */
    public static Layout detect(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(folder + " is not a folder");
        }
        for (LayoutFormat format : FORMATS) {
            if (format.recognises(folder)) {
                return format.layout();
            }
        }
        throw new IllegalArgumentException(
                folder
                        + " fits no layout that Karu reads: "
                        + Stream.of(Layout.values())
                                .map(layout -> layout + " (" + layout.files() + ")")
                                .collect(Collectors.joining("; ")));
    }

    /**
     * Reads a folder in the layout that it has.
     *
     * @throws DataException when a file is wrong; files are looked at, not decoded
     */
    public static DataSet read(Path folder) throws IOException {
        return read(folder, detect(folder));
    }

    /** Reads a folder in a layout; as {@link #read(Path)}. */
    public static DataSet read(Path folder, Layout layout) throws IOException {
        Reading reading = new Reading(folder);
        DataSet data = format(layout).read(reading);
        requireSamples(data, reading);
        if (!reading.problems().isEmpty()) {
            throw new DataException(reading.problems());
        }
        return data;
    }

    /** Reads a folder, decodes every image, and tells everything that is wrong. */
    public static Checked check(Path folder, Optional<Layout> layout) throws IOException {
        Reading reading = new Reading(folder);
        DataSet data = format(layout.isPresent() ? layout.get() : detect(folder)).read(reading);
        requireSamples(data, reading);
        new FileCheck(reading).look(data);
        return new Checked(data, reading.problems());
    }

    /**
     * Writes a data set in a layout.
     *
     * @param folder absent or empty
     * @throws IllegalArgumentException when the layout cannot hold it; names sample and reason
     */
    public static void write(DataSet data, Layout layout, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw new IllegalArgumentException(folder + " is not empty; name another folder");
            }
        }
        format(layout).write(data, folder);
    }

    private static void requireSamples(DataSet data, Reading reading) throws IOException {
        if (data.samples().isEmpty()) {
            List<Problem> problems = new ArrayList<>(reading.problems());
            if (problems.isEmpty()) {
                throw new IllegalArgumentException(
                        reading.root() + " holds no sample of layout " + data.layout());
            }
            throw new DataException(problems);
        }
    }

    private static LayoutFormat format(Layout layout) {
        return FORMATS.stream()
                .filter(format -> format.layout() == layout)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("layout " + layout));
    }
}
