package io.karu.models;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** Where a model version's files are read from: a model bundle. */
interface ModelSource {
    /** Begins to read: paths inside the version, unchecked. */
    List<String> paths() throws IOException;

    /** Opens a file. IOException when the source cannot be read now. */
    InputStream open(String path) throws IOException;

    /** The signed release of the version, a DSSE envelope; absent when it is not signed. */
    default Optional<byte[]> release() throws IOException {
        return Optional.empty();
    }

    /**
     * Whether it was replaced since reading began, so that what was read may be of two contents.
     */
    boolean changed();

    /** Whether it no longer is what was offered: another offer follows, or none. */
    boolean obsolete();
}
