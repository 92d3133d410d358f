package io.karu.training;

import io.karu.training.compression.CompressionOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ./karu compress MODEL --calibration DIR --budget POINTS}: makes a model smaller and faster
 * in every way, keeps the best variant that the guard lets pass, and reports all of them. Exit
 * status 1 when the guard refuses every variant.
 */
public final class Compress {
    private Compress() {}

    public static void main(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (words.isEmpty() || words.contains("--help") || words.contains("-h")) {
            System.out.print(CompressionOrder.help());
            return;
        }
        boolean json = words.remove("--json");
        try {
            CompressionWorker.Told told =
                    CompressionWorker.run(
                            words, CompressionOrder.parse(words), new ConsoleProgress(System.err));
            System.out.print(json ? told.report() + "\n" : told.summary());
            System.exit(told.chosen() ? 0 : 1);
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("karu: compress: " + e.getMessage());
            System.exit(2);
        } catch (Exception e) {
            System.err.println("karu: compress: failed: " + e);
            e.printStackTrace();
            System.exit(1);
        }
    }
}
