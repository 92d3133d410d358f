package io.karu.learning.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Something wrong with one file of a data set.
 *
 * @param file below the data set's root, or the root
 * @param kind stable kind
 * @param message what is wrong, for a person
 */
public record Problem(Path file, Kind kind, String message) {
    /** Kinds of problems. */
    public enum Kind {
        /** A file that is named is not there. */
        MISSING,
        /** A file is no image, or a broken or too large one. */
        UNREADABLE,
        /** An image has another size than the annotation, its template or its mask says. */
        WRONG_SIZE,
        /** A box is empty or reaches beyond its image. */
        BOX_OUTSIDE,
        /** A class is not among those that the data set names. */
        UNKNOWN_CLASS,
        /** Two samples have the same content or the same name. */
        DUPLICATE,
        /** A path leads out of the data set's folder. */
        ESCAPES,
        /** A list, table or annotation cannot be read. */
        MALFORMED
    }

    public Problem {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(message, "message");
    }

    @Override
    public String toString() {
        return file + ": " + message;
    }
}
