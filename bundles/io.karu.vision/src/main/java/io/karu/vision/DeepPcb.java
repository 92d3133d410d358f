package io.karu.vision;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The DeepPCB data set's layout: {@code <id>_test.jpg} with its template {@code <id>_temp.jpg}, and
 * a text file with one defect per line, {@code x1 y1 x2 y2 class}.
 */
public final class DeepPcb {
    /** Defect classes, in the order of the data set's numbers from 1. */
    public enum DefectClass {
        OPEN,
        SHORT,
        MOUSEBITE,
        SPUR,
        COPPER,
        PIN_HOLE;

        /** The number that annotation files use. */
        public int number() {
            return ordinal() + 1;
        }

        /** Name as the data set spells it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The class of a number. IllegalArgumentException when it has none. */
        public static DefectClass of(int number) {
            if (number < 1 || number > values().length) {
                throw new IllegalArgumentException(
                        "defect class " + number + ": 1 to " + values().length);
            }
            return values()[number - 1];
        }
    }

    /** An annotated defect. */
    public record Defect(Box box, DefectClass type) {
        /** The annotation's line, without line end. */
        public String line() {
            return box.x()
                    + " "
                    + box.y()
                    + " "
                    + (box.x() + box.width())
                    + " "
                    + (box.y() + box.height())
                    + " "
                    + type.number();
        }
    }

    /** One image with its template and annotation file. */
    public record Pair(String id, Path test, Path template, Path annotation) {
        /** The annotated defects. IOException names file and line when one is broken. */
        public List<Defect> defects() throws IOException {
            List<Defect> defects = new ArrayList<>();
            for (String line : Files.readAllLines(annotation)) {
                if (!line.isBlank()) {
                    defects.add(parse(line));
                }
            }
            return defects;
        }

        private Defect parse(String line) throws IOException {
            String[] fields = line.trim().split("[\\s,]+");
            try {
                int x = Integer.parseInt(fields[0]);
                int y = Integer.parseInt(fields[1]);
                Box box =
                        new Box(
                                x,
                                y,
                                Integer.parseInt(fields[2]) - x,
                                Integer.parseInt(fields[3]) - y);
                return new Defect(box, DefectClass.of(Integer.parseInt(fields[4])));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw new IOException(
                        annotation + ": \"" + line + "\" is not x1 y1 x2 y2 class", e);
            }
        }
    }

    private DeepPcb() {}

    /**
     * The pairs of a list such as {@code test.txt}: each line names an image without its suffix and
     * an annotation file.
     *
     * @param root folder {@code PCBData}
     */
    public static List<Pair> list(Path root, String list) throws IOException {
        List<Pair> pairs = new ArrayList<>();
        for (String line : Files.readAllLines(root.resolve(list))) {
            String[] names = line.trim().split("\\s+");
            if (names.length == 2 && names[0].endsWith(".jpg")) {
                String stem = names[0].substring(0, names[0].length() - ".jpg".length());
                pairs.add(
                        new Pair(
                                stem.substring(stem.lastIndexOf('/') + 1),
                                root.resolve(stem + "_test.jpg"),
                                root.resolve(stem + "_temp.jpg"),
                                root.resolve(names[1])));
            } else if (!line.isBlank()) {
                throw new IOException(list + ": \"" + line + "\" names no image and annotation");
            }
        }
        return pairs;
    }

    /**
     * The pairs of a flat folder ({@code <id>_test.jpg}, {@code <id>_temp.jpg}, {@code <id>.txt}),
     * sorted by id.
     */
    public static List<Pair> folder(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("_test.jpg"))
                    .map(name -> name.substring(0, name.length() - "_test.jpg".length()))
                    .sorted()
                    .map(
                            id ->
                                    new Pair(
                                            id,
                                            folder.resolve(id + "_test.jpg"),
                                            folder.resolve(id + "_temp.jpg"),
                                            folder.resolve(id + ".txt")))
                    .toList();
        }
    }
}
