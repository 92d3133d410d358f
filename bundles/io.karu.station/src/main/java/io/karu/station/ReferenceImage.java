package io.karu.station;

import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/** A template file that is decoded once and again when it changes. */
final class ReferenceImage {
    private final Path file;
    private final GrayImage image = new GrayImage();
    private FileTime modified;
    private long size = -1;
    private ByteBuffer encoded;

    ReferenceImage(Path file) {
        this.file = file;
    }

    /** The decoded template. IOException when the file is absent or broken. */
    GrayImage image(GrayDecoder decoder) throws IOException {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        if (now.size() != size || !now.lastModifiedTime().equals(modified)) {
            size = -1;
            encoded = ByteBuffer.wrap(Files.readAllBytes(file)).asReadOnlyBuffer();
            decoder.decode(encoded, image);
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
}
