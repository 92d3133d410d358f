package io.karu.learning.data;

import io.karu.vision.Box;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A data set being read: resolves names to files that are really below the root, bounds what is
 * read, and collects what is wrong.
 */
final class Reading {
    private static final long MAX_SAMPLES = 2_000_000;
    private static final List<String> IMAGES = List.of("jpg", "jpeg", "png", "bmp", "tif", "tiff");

    private final Path root;
    private final Path realRoot;
    private final List<Problem> problems = new ArrayList<>();

    Reading(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new IllegalArgumentException(root + " is not a folder");
        }
        this.root = root.toAbsolutePath().normalize();
        this.realRoot = root.toRealPath();
    }

    Path root() {
        return root;
    }

    List<Problem> problems() {
        return problems;
    }

    void problem(Path file, Problem.Kind kind, String message) {
        Path absolute = file.toAbsolutePath().normalize();
        problems.add(
                new Problem(
                        absolute.startsWith(root) && !absolute.equals(root)
                                ? root.relativize(absolute)
                                : absolute,
                        kind,
                        message));
    }

    /**
     * The file that {@code name} means below {@code base}; absent, with a problem, when it leads
     * out of the root or is not there.
     */
    Optional<Path> file(Path base, String name, Path namedIn) {
        Optional<Path> file = inside(base, name, namedIn);
        if (file.isPresent() && !Files.isRegularFile(file.get())) {
            problem(namedIn, Problem.Kind.MISSING, "names " + name + ", which is not there");
            return Optional.empty();
        }
        return file;
    }

    /** As {@link #file}, but the file may be absent without being a problem. */
    Optional<Path> optionalFile(Path base, String name, Path namedIn) {
        return inside(base, name, namedIn).filter(Files::isRegularFile);
    }

    private Optional<Path> inside(Path base, String name, Path namedIn) {
        try {
            Path file = base.resolve(name).toAbsolutePath().normalize();
            if (file.startsWith(root)
                    && (!Files.exists(file) || file.toRealPath().startsWith(realRoot))) {
                return Optional.of(file);
            }
        } catch (InvalidPathException | IOException e) {
            problem(namedIn, Problem.Kind.MALFORMED, "names \"" + name + "\", which is no path");
            return Optional.empty();
        }
        problem(
                namedIn,
                Problem.Kind.ESCAPES,
                "names " + name + ", which leads out of the folder " + root.getFileName());
        return Optional.empty();
    }

    /** Files of a folder that are images by their name, sorted. */
    List<Path> images(Path folder) throws IOException {
        List<Path> images = new ArrayList<>();
        for (Path file : entries(folder)) {
            if (isImage(file) && Files.isRegularFile(file)) {
                inside(folder, file.getFileName().toString(), file).ifPresent(images::add);
            }
        }
        return images;
    }

    /** Folders in a folder, sorted, without hidden ones. */
    static List<Path> folders(Path folder) throws IOException {
        return entries(folder).stream().filter(Files::isDirectory).toList();
    }

    /** What is in a folder, sorted by name, without hidden ones; nothing when it is absent. */
    static List<Path> entries(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> sorted =
                    entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                            .sorted()
                            .limit(MAX_SAMPLES + 1)
                            .toList();
            if (sorted.size() > MAX_SAMPLES) {
                throw new IOException(folder + " holds more than " + MAX_SAMPLES + " files");
            }
            return sorted;
        }
    }

    static boolean isImage(Path file) {
        return IMAGES.contains(extension(file.getFileName().toString()));
    }

    static String extension(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    /** A file's path below the root, with {@code /}. */
    String id(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    /** A text file's lines; empty, with a problem, when it is too large or not UTF-8. */
    List<String> lines(Path file, long maxBytes) throws IOException {
        return text(file, maxBytes).map(text -> Arrays.asList(text.split("\\R"))).orElse(List.of());
    }

    /** A text file; absent, with a problem, when it is too large or not UTF-8. */
    Optional<String> text(Path file, long maxBytes) throws IOException {
        if (Files.size(file) > maxBytes) {
            problem(
                    file,
                    Problem.Kind.MALFORMED,
                    Files.size(file) + " bytes, at most " + maxBytes + " are read");
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(file));
        } catch (CharacterCodingException e) {
            problem(file, Problem.Kind.MALFORMED, "is not UTF-8 text");
            return Optional.empty();
        }
    }

    /** A box from corners; absent, with a problem, when it is empty or begins before the image. */
    Optional<Box> box(Path namedIn, long left, long top, long right, long bottom) {
        if (left < 0
                || top < 0
                || right <= left
                || bottom <= top
                || right > Integer.MAX_VALUE
                || bottom > Integer.MAX_VALUE) {
            problem(
                    namedIn,
                    Problem.Kind.BOX_OUTSIDE,
                    "box from "
                            + left
                            + ","
                            + top
                            + " to "
                            + right
                            + ","
                            + bottom
                            + " is empty or outside");
            return Optional.empty();
        }
        return Optional.of(
                new Box((int) left, (int) top, (int) (right - left), (int) (bottom - top)));
    }
}
