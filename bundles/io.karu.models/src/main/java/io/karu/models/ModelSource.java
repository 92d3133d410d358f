package io.karu.models;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Where a model version's files are read from: a model bundle. */
interface ModelSource {
    /** Paths inside the version, unchecked. */
    List<String> paths() throws IOException;

    /** Opens a file. IOException when the source is gone or has changed. */
    InputStream open(String path) throws IOException;
}
