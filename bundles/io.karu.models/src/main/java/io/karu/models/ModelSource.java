package io.karu.models;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Where a model version's files are read from: a model bundle. */
interface ModelSource {
    /** Paths inside the version, unchecked. */
    List<String> paths() throws IOException;

    /** Opens a file. IOException when the source cannot be read now. */
    InputStream open(String path) throws IOException;

    /** Whether it is no longer what it was when it was offered: another offer follows, or none. */
    boolean changed();
}
