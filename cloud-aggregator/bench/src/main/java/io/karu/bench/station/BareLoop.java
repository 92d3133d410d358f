package io.karu.bench.station;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.Box;
import io.karu.vision.ConnectedComponents;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a person would write by hand: decode, fill direct tensors, run ONNX Runtime with a pinned
 * output, read the components. No journal, no lease, no queue.
 */
final class BareLoop implements AutoCloseable {
    private final OrtSession session;
    private final OnnxTensor image;
    private final OnnxTensor template;
    private final OnnxTensor score;
    private final ByteBuffer imagePixels;
    private final ByteBuffer templatePixels;
    private final FloatBuffer map;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;
    private final GrayDecoder decoder = new GrayDecoder();
    private final GrayImage decodedImage = new GrayImage();
    private final GrayImage decodedTemplate = new GrayImage();
    private final ConnectedComponents components = new ConnectedComponents();
    private final ModelCard card;
    private final int side;

    /** What one frame cost without decoding. */
    record Cost(long totalNanos, long fillNanos, int findings) {}

    BareLoop(Path model, ModelCard card, int side) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(model.toString(), options);
        }
        this.card = card;
        this.side = side;
        long[] shape = {1, 1, side, side};
        imagePixels = ByteBuffer.allocateDirect(side * side).order(ByteOrder.nativeOrder());
        templatePixels = ByteBuffer.allocateDirect(side * side).order(ByteOrder.nativeOrder());
        ByteBuffer scores =
                ByteBuffer.allocateDirect(side * side * Float.BYTES).order(ByteOrder.nativeOrder());
        map = scores.asFloatBuffer();
        image = OnnxTensor.createTensor(environment, imagePixels, shape, OnnxJavaType.UINT8);
        template = OnnxTensor.createTensor(environment, templatePixels, shape, OnnxJavaType.UINT8);
        score = OnnxTensor.createTensor(environment, scores, shape, OnnxJavaType.FLOAT);
        inputs = Map.of("image", image, "template", template);
        outputs = Map.of("score", score);
    }

    Cost inspect(byte[] test, byte[] reference) throws IOException, OrtException {
        decoder.decode(ByteBuffer.wrap(test), decodedImage);
        decoder.decode(ByteBuffer.wrap(reference), decodedTemplate);
        long start = System.nanoTime();
        decodedImage.copyTo(imagePixels);
        decodedTemplate.copyTo(templatePixels);
        long filled = System.nanoTime();
        session.run(inputs, outputs).close();
        List<Finding> findings = findings();
        return new Cost(System.nanoTime() - start, filled - start, findings.size());
    }

    @Override
    public void close() throws OrtException {
        image.close();
        template.close();
        score.close();
        session.close();
        decoder.close();
    }

    private List<Finding> findings() {
        int grow = (int) card.parameter("grow");
        int count =
                components.find(
                        map,
                        side,
                        side,
                        (float) card.parameter("threshold"),
                        (int) card.parameter("minArea"));
        Finding[] findings = new Finding[count];
        for (int i = 0; i < count; i++) {
            Box box = components.box(i).grown(grow, side, side);
            findings[i] =
                    new Finding(
                            "defect",
                            box.x(),
                            box.y(),
                            box.width(),
                            box.height(),
                            components.score(i));
        }
        Arrays.sort(findings, (a, b) -> Double.compare(b.score(), a.score()));
        return List.of(findings);
    }
}
