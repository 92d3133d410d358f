package io.karu.station;

import io.karu.api.model.Preprocessing;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/** A template file that is decoded once and again when it changes. */
final class ReferenceImage implements AutoCloseable {
    private final Path file;
    private final FrameDecoder decoder = new FrameDecoder();
    private Image image;
    private Preprocessing.Color decodedTo;
    private FileTime modified;
    private long size = -1;
    private ByteBuffer encoded;

    ReferenceImage(Path file) {
        this.file = file;
    }

    /** The decoded template. IOException when the file is absent or broken. */
    Image image(Preprocessing.Color color) throws IOException {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        if (now.size() != size || !now.lastModifiedTime().equals(modified) || color != decodedTo) {
            size = -1;
            encoded = ByteBuffer.wrap(Files.readAllBytes(file)).asReadOnlyBuffer();
            image = decoder.decode(encoded, color);
            decodedTo = color;
            size = now.size();
            modified = now.lastModifiedTime();
        }
        return image;
    }

    /** The file's bytes as last decoded. */
    ByteBuffer encoded() {
        return encoded;
    }

    Path file() {
        return file;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
