package io.karu.learning.data;

import java.io.IOException;
import java.nio.file.Path;

/** Reads and writes one layout. */
interface LayoutFormat {
    Layout layout();

    /** Whether a folder looks like this layout; reads little. */
    boolean recognises(Path root) throws IOException;

    /** Reads a data set; what is wrong goes to the reading, and the sample is left out. */
    DataSet read(Reading reading) throws IOException;

    /**
     * Writes a data set.
     *
     * @param folder empty
     * @throws IllegalArgumentException when the layout cannot hold it; names sample and reason
     */
    void write(DataSet data, Path folder) throws IOException;
}
