package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Decodes every file of a data set and holds it against what the data set says. */
final class FileCheck {
    private static final long MAX_IMAGE_BYTES = 512L << 20;

    private final Reading reading;
    private final GrayImage image = new GrayImage();
    private final GrayImage other = new GrayImage();

    FileCheck(Reading reading) {
        this.reading = reading;
    }

    void look(DataSet data) throws IOException {
        Map<String, String> contents = new HashMap<>();
        Set<String> ids = new HashSet<>();
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (Sample sample : data.samples()) {
                if (!ids.add(sample.id())) {
                    reading.problem(
                            sample.image(),
                            Kind.DUPLICATE,
                            "sample " + sample.id() + " is there twice");
                }
                String hash = HexFormat.of().formatHex(DataSet.hash(sample.image()));
                String earlier = contents.putIfAbsent(hash, sample.id());
                if (earlier != null) {
                    reading.problem(
                            sample.image(), Kind.DUPLICATE, "has the same content as " + earlier);
                }
                if (decode(decoder, sample.image(), image)) {
                    sizes(sample);
                    second(decoder, sample.template(), "template");
                    second(decoder, sample.mask(), "mask");
                }
            }
        }
    }

    private void sizes(Sample sample) {
        String said = sample.attribute("width") + "x" + sample.attribute("height");
        String found = image.width() + "x" + image.height();
        if (said.matches("\\d+x\\d+") && !said.equals(found)) {
            reading.problem(sample.image(), Kind.WRONG_SIZE, "is " + found + ", not " + said);
        }
        for (Annotation mark : sample.annotations()) {
            Box box = mark.box();
            if (box.x() + box.width() > image.width() || box.y() + box.height() > image.height()) {
                reading.problem(
                        sample.image(),
                        Kind.BOX_OUTSIDE,
                        mark.label() + " " + box + " reaches beyond " + found);
            }
        }
    }

    private void second(GrayDecoder decoder, Optional<Path> file, String what) throws IOException {
        if (file.isPresent()
                && decode(decoder, file.get(), other)
                && (other.width() != image.width() || other.height() != image.height())) {
            reading.problem(
                    file.get(),
                    Kind.WRONG_SIZE,
                    "the "
                            + what
                            + " is "
                            + other.width()
                            + "x"
                            + other.height()
                            + ", its image "
                            + image.width()
                            + "x"
                            + image.height());
        }
    }

    private boolean decode(GrayDecoder decoder, Path file, GrayImage target) {
        try {
            long size = Files.size(file);
            if (size > MAX_IMAGE_BYTES) {
                throw new IOException(size + " bytes, at most " + MAX_IMAGE_BYTES + " are read");
            }
            decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), target);
            return true;
        } catch (IOException e) {
            reading.problem(file, Kind.UNREADABLE, "cannot be read: " + e.getMessage());
            return false;
        }
    }
}
