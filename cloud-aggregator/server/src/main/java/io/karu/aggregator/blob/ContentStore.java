package io.karu.aggregator.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Files by the SHA-256 of their content. What is kept never changes. Implemented by a folder and by
 * S3; each passes the same contract tests. Thread-safe.
 */
public interface ContentStore extends AutoCloseable {
    /** 64 lower-case hexadecimal digits. */
    Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    /** Whether a text is a digest as this store takes them. */
    static boolean isHex(String text) {
        return text != null && HEX.matcher(text).matches();
    }

    /** A new name on this machine to write a file under before {@link #keep}. */
    Path temporary();

    /**
     * Keeps a written and synced file under its digest and takes it away from its temporary name.
     * One that is kept already stays as it is.
     *
     * @param hex the file's SHA-256; the caller has computed it
     */
    void keep(Path temporary, String hex) throws IOException;

    /** Whether it is kept. */
    boolean holds(String hex) throws IOException;

    /**
     * Reads from the beginning; the caller closes it.
     *
     * @throws java.nio.file.NoSuchFileException when it is not kept
     */
    InputStream open(String hex) throws IOException;

    /** Deletes it; does nothing when it is not kept. */
    void delete(String hex) throws IOException;

    /** Whether it can be reached now; asks nothing of the content. */
    boolean answers();

    @Override
    void close();
}
