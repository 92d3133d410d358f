package io.karu.kura.deployment;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads the entries of one archive, and gives up on one that inflates without end. */
final class Inflation {

    private static final long MAX_BYTES = 2L << 30;

    private final byte[] buffer = new byte[1 << 16];
    private long inflated;

    byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            count(n);
            bytes.write(buffer, 0, n);
        }
        return bytes.toByteArray();
    }

    byte[] read(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        count(bytes.length);
        return bytes;
    }

    void skip(InputStream in) throws IOException {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            count(n);
        }
    }

    private void count(int n) throws IOException {
        inflated += n;
        if (inflated > MAX_BYTES) {
            throw new IOException("The archive inflates to more than " + MAX_BYTES + " bytes");
        }
    }
}
