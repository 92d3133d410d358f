package io.karu.training.detection;

import io.karu.vision.DeepPcb;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads pairs of image and template from DeepPCB's layouts. */
final class PairData {
    private PairData() {}

    /** Decodes pairs; the design is the group that DeepPCB's path names, else the folder. */
    static List<PairSample> read(List<DeepPcb.Pair> pairs) throws IOException {
        List<PairSample> samples = new ArrayList<>();
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (DeepPcb.Pair pair : pairs) {
                GrayImage image = new GrayImage();
                GrayImage template = new GrayImage();
                decoder.decode(ByteBuffer.wrap(Files.readAllBytes(pair.test())), image);
                decoder.decode(ByteBuffer.wrap(Files.readAllBytes(pair.template())), template);
                samples.add(
                        new PairSample(pair.id(), design(pair), image, template, pair.defects()));
            }
        }
        return samples;
    }

    private static String design(DeepPcb.Pair pair) {
        for (Path folder = pair.test().getParent();
                folder != null && folder.getFileName() != null;
                folder = folder.getParent()) {
            String name = folder.getFileName().toString();
            if (name.startsWith("group")) {
                return name;
            }
        }
        return "";
    }
}
