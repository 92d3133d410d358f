package io.karu.training.detection;

import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.PairInspector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Pairs per second from JPEG files in memory: decoding alone, and decoding with inspection, turn by
 * turn over the same pairs.
 */
final class DetectorSpeed {
    private static final int WARM_UP = 2;

    private final ModelCard card;
    private final InferenceSession session;
    private final List<ByteBuffer[]> files = new ArrayList<>();
    private final double threshold;

    /**
     * Pairs per second.
     *
     * @param decoding both images of a pair, nothing else
     * @param inspecting decoding, candidates, inference and findings
     * @param ratio median over the rounds of inspecting by decoding
     */
    record Rates(double decoding, double inspecting, double ratio) {}

    DetectorSpeed(ModelCard card, InferenceSession session, DataSet data, int most)
            throws IOException {
        this.card = card;
        this.session = session;
        threshold = card.parameter("threshold");
        for (Sample sample : data.samples()) {
            if (files.size() < most && sample.template().isPresent()) {
                files.add(
                        new ByteBuffer[] {
                            ByteBuffer.wrap(Files.readAllBytes(sample.image())),
                            ByteBuffer.wrap(Files.readAllBytes(sample.template().get()))
                        });
            }
        }
    }

    /** Measures with so many threads, each with its own decoder and inspector. */
    Rates measure(int threads, int rounds) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Worker> workers = new ArrayList<>();
        try {
            for (int i = 0; i < threads; i++) {
                workers.add(new Worker());
            }
            double[] decoding = new double[rounds];
            double[] inspecting = new double[rounds];
            double[] ratios = new double[rounds];
            for (int round = -WARM_UP; round < rounds; round++) {
                boolean decodingFirst = (round & 1) == 0;
                double first = seconds(pool, workers, !decodingFirst);
                double second = seconds(pool, workers, decodingFirst);
                if (round >= 0) {
                    double decode = decodingFirst ? first : second;
                    double inspect = decodingFirst ? second : first;
                    decoding[round] = files.size() / decode;
                    inspecting[round] = files.size() / inspect;
                    ratios[round] = decode / inspect;
                }
            }
            return new Rates(median(decoding), median(inspecting), median(ratios));
        } finally {
            pool.shutdown();
            for (Worker worker : workers) {
                worker.close();
            }
        }
    }

    private double seconds(ExecutorService pool, List<Worker> workers, boolean inspect)
            throws Exception {
        long start = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            int offset = i;
            running.add(
                    pool.submit(
                            () -> {
                                workers.get(offset).pass(offset, workers.size(), inspect);
                                return null;
                            }));
        }
        for (Future<?> each : running) {
            each.get();
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private final class Worker implements AutoCloseable {
        private final GrayDecoder decoder = new GrayDecoder();
        private final GrayImage image = new GrayImage();
        private final GrayImage template = new GrayImage();
        private final PairInspector inspector = new PairInspector();

        void pass(int from, int step, boolean inspect) throws Exception {
            for (int i = from; i < files.size(); i += step) {
                decoder.decode(files.get(i)[0], image);
                decoder.decode(files.get(i)[1], template);
                if (inspect) {
                    inspector.prepare(card, session, image.width(), image.height());
                    inspector.fill(image, template);
                    inspector.run();
                    inspector.findings(threshold);
                }
            }
        }

        @Override
        public void close() {
            inspector.close();
            decoder.close();
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
