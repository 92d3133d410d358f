package io.karu.learning.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Copies a data set's files under names that every layout can hold. */
final class Writing {
    private final Set<String> taken = new HashSet<>();

    /** A name for the sample without extension, unique in this writing. */
    String name(Sample sample) {
        String plain = Reading.stem(sample.id()).replaceAll("[^A-Za-z0-9._-]+", "_");
        String name = plain;
        for (int i = 2; !taken.add(name); i++) {
            name = plain + "-" + i;
        }
        return name;
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to);
    }

    static String extension(Path file) {
        return Reading.extension(file.getFileName().toString());
    }

    static IllegalArgumentException cannot(Layout layout, Sample sample, String why) {
        return new IllegalArgumentException(
                "layout " + layout + " cannot hold sample " + sample.id() + ": " + why);
    }
}
