package io.karu.learning.data;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a sample is for. */
public enum Part {
    TRAINING("train"),
    VALIDATION("val"),
    TEST("test"),
    /** The data say nothing. */
    NONE("");

    private static final Map<String, Part> NAMES =
            Map.of(
                    "train", TRAINING,
                    "training", TRAINING,
                    "trainval", TRAINING,
                    "val", VALIDATION,
                    "valid", VALIDATION,
                    "validation", VALIDATION,
                    "test", TEST,
                    "testing", TEST);

    private final String folder;

    Part(String folder) {
        this.folder = folder;
    }

    /** Name of its folder or list in the layouts; empty for {@link #NONE}. */
    public String folder() {
        return folder;
    }

    /** The part that a folder, list or column means by this name. */
    public static Optional<Part> named(String name) {
        return Optional.ofNullable(NAMES.get(name.toLowerCase(Locale.ROOT)));
    }
}
