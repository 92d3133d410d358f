package io.karu.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The reader's own images as boards, read-only, in the order of their paths and then from the
 * beginning again: pairs {@code <id>_test.<ext>} and {@code <id>_temp.<ext>} anywhere below a
 * folder, or single images held against one template.
 */
final class ImageFolder implements Camera.Boards {
    private static final Pattern TEST =
            Pattern.compile("(.+)_test\\.(jpg|jpeg|png|bmp)", Pattern.CASE_INSENSITIVE);
    private static final Pattern IMAGE =
            Pattern.compile("(.+)\\.(jpg|jpeg|png|bmp)", Pattern.CASE_INSENSITIVE);

    private static final Pattern TEMPLATE =
            Pattern.compile("(.+)_temp\\.[a-z]+", Pattern.CASE_INSENSITIVE);

    private record Pair(String name, Path test, Path template, String extension) {}

    private final List<Pair> pairs;
    private final List<Path> withoutTemplate;

    private ImageFolder(List<Pair> pairs, List<Path> withoutTemplate) {
        this.pairs = pairs;
        this.withoutTemplate = withoutTemplate;
    }

    /**
     * Reads a folder.
     *
     * @param template the defect-free image for all, absent when each image has its own
     * @throws IOException naming what is missing
     */
    static ImageFolder of(Path folder, Optional<Path> template) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("--images " + folder + ": no such folder");
        }
        List<Pair> pairs = new ArrayList<>();
        List<Path> withoutTemplate = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
                String name = file.getFileName().toString();
                Optional<Pair> pair = pair(file, template);
                if (pair.isPresent()) {
                    pairs.add(pair.get());
                } else if (IMAGE.matcher(name).matches() && !TEMPLATE.matcher(name).matches()) {
                    withoutTemplate.add(file);
                }
            }
        }
        if (pairs.isEmpty()) {
            throw new IOException(
                    template.isPresent()
                            ? "--images " + folder + ": no JPEG, PNG or BMP file below it"
                            : "--images "
                                    + folder
                                    + ": no pair <id>_test.jpg with <id>_temp.jpg below it; for single images name their template with --template FILE");
        }
        return new ImageFolder(pairs, withoutTemplate);
    }

    private static Optional<Pair> pair(Path file, Optional<Path> template) {
        String name = file.getFileName().toString();
        Matcher match = (template.isPresent() ? IMAGE : TEST).matcher(name);
        if (!match.matches()) {
            return Optional.empty();
        }
        String id = match.group(1).replaceAll("[^A-Za-z0-9._-]", "_");
        String extension = match.group(2).toLowerCase(Locale.ROOT);
        Path pairTemplate =
                template.orElseGet(
                        () -> file.resolveSibling(match.group(1) + "_temp." + match.group(2)));
        return Files.isRegularFile(pairTemplate)
                ? Optional.of(new Pair(id, file, pairTemplate, extension))
                : Optional.empty();
    }

    int size() {
        return pairs.size();
    }

    /** Images that are left out because no template lies beside them. */
    List<Path> withoutTemplate() {
        return withoutTemplate;
    }

    @Override
    public Camera.Board board(long number) throws IOException {
        Pair pair = pairs.get((int) (number % pairs.size()));
        return new Camera.Board(
                pair.name(),
                Files.readAllBytes(pair.test()),
                Files.readAllBytes(pair.template()),
                pair.extension());
    }
}
