package io.karu.training.detection;

import io.karu.vision.pair.PairCandidates;
import io.karu.vision.pair.PairCrops;
import io.karu.vision.pair.PairSettings;
import java.nio.ByteBuffer;
import java.util.List;

/** Cut-outs around the candidates of samples, one after the other, as the station makes them. */
final class CropBatches {
    private final PairCandidates candidates;
    private final PairCrops crops;
    private final List<PairSample> samples;
    private int sample = -1;
    private int candidate;
    private int count;

    CropBatches(PairSettings settings, int side, List<PairSample> samples) {
        candidates = new PairCandidates(settings);
        crops = new PairCrops(side);
        this.samples = samples;
    }

    List<Long> shape(int batch) {
        long side = crops.side();
        return List.of((long) batch, (long) PairCrops.CHANNELS, side, side);
    }

    /**
     * The next cut-outs; begins anew after the last. IllegalStateException when the samples have no
     * candidate at all.
     */
    byte[] next(int batch) {
        byte[] bytes = new byte[batch * crops.bytes()];
        ByteBuffer target = ByteBuffer.wrap(bytes);
        for (int i = 0; i < batch; i++) {
            advance();
            PairSample from = samples.get(sample);
            crops.cut(
                    from.image(),
                    from.template(),
                    candidates.x(candidate),
                    candidates.y(candidate),
                    candidates.right(candidate),
                    candidates.down(candidate),
                    target,
                    i * crops.bytes());
        }
        return bytes;
    }

    private void advance() {
        candidate++;
        for (int tried = 0; candidate >= count; tried++) {
            if (tried > samples.size()) {
                throw new IllegalStateException("no sample differs from its template");
            }
            sample = (sample + 1) % samples.size();
            count = candidates.find(samples.get(sample).image(), samples.get(sample).template());
            candidate = 0;
        }
    }
}
