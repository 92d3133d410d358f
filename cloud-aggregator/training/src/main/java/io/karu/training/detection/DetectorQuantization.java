package io.karu.training.detection;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.model.ModelCard;
import io.karu.compression.Calibrator;
import io.karu.compression.Correction;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Quantized;
import io.karu.compression.Samples;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Graph;
import io.karu.vision.pair.PairSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes the int8 version of a detector: calibrated on cut-outs of training pairs. */
final class DetectorQuantization {
    private static final int RUNS = 24;
    private static final int BATCH = 16;

    /** An output step of the boxes is about this much; golden outputs may differ by it. */
    private static final double TOLERANCE = 0.15;

    private DetectorQuantization() {}

    /** Cut-outs as the station makes them. */
    private record Crops(List<byte[]> batches, List<Long> shape) implements Samples {
        @Override
        public int size() {
            return batches.size();
        }

        @Override
        public Map<String, List<Long>> shapes() {
            return Map.of(DetectorNetwork.INPUT, shape);
        }

        @Override
        public void write(int index, Binding binding) {
            binding.input(DetectorNetwork.INPUT).data().duplicate().clear().put(batches.get(index));
        }
    }

    /**
     * Quantizes a version.
     *
     * @param calibration training pairs
     * @param seed of the choices in corrections
     * @param folder takes the new version
     */
    static ModelVersionFolder quantize(
            InferenceEngine engine,
            ModelVersionFolder version,
            List<PairSample> calibration,
            long seed,
            Path folder)
            throws Exception {
        ModelCard card = version.card();
        PairSettings settings = PairSettings.of(card);
        int side = Math.toIntExact(card.inputs().get(0).shape().get(2));
        CropBatches crops = new CropBatches(settings, side, calibration);
        List<byte[]> batches = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            batches.add(crops.next(BATCH));
        }
        QuantizationScheme scheme = QuantizationScheme.of(Processor.here());
        Quantized quantized =
                new PostTrainingQuantization(
                                engine,
                                Graph.read(version.graph()),
                                new Crops(batches, crops.shape(BATCH)),
                                Set.of(),
                                scheme,
                                seed)
                        .quantize(
                                new Calibrator.Percentile(99.99),
                                Set.of(Correction.BIAS_CORRECTION));
        ModelCard named =
                new ModelCard(
                        card.name(),
                        card.version() + "-int8",
                        card.task(),
                        card.labels(),
                        card.inputs(),
                        card.outputs(),
                        card.parameters(),
                        card.description() + ", in 8 bits");
        Provenance.Builder lineage =
                Provenance.here(seed)
                        .parent(version.digest())
                        .configuration("scheme", scheme)
                        .configuration("calibration cut-outs", RUNS * BATCH);
        quantized.steps().forEach(step -> lineage.step(step, Map.of()));
        TrainedModel model =
                new TrainedModel(named, quantized.graph().toProto().toByteArray())
                        .tolerance(TOLERANCE)
                        .provenance(lineage.build());
        for (int i = 0; i < Detect.GOLDEN; i++) {
            model.golden(
                    Map.of(
                            DetectorNetwork.INPUT,
                            new TrainedModel.Input(crops.shape(BATCH), batches.get(i))));
        }
        return model.write(engine, folder);
    }
}
