package io.karu.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * {@code ./karu bench [NAME] [--json] [options]}: measures, and says whether every required value
 * is met (exit status 0) or not (1).
 */
public final class Bench {
    private static final Map<String, Measurement> MEASUREMENTS = measurements();

    private static Map<String, Measurement> measurements() {
        Map<String, Measurement> all = new TreeMap<>();
        ServiceLoader.load(Measurement.class)
                .forEach(measurement -> all.put(measurement.name(), measurement));
        return all;
    }

    private Bench() {}

    /** Runs one benchmark, or lists them. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean json = words.remove("--json");
        if (words.isEmpty() || words.get(0).startsWith("-")) {
            MEASUREMENTS.forEach(
                    (name, measurement) ->
                            System.out.printf("  %-10s %s%n", name, measurement.description()));
            return;
        }
        Measurement measurement = MEASUREMENTS.get(words.get(0));
        if (measurement == null) {
            System.err.println(
                    "karu: no benchmark "
                            + words.get(0)
                            + "; there are "
                            + String.join(", ", MEASUREMENTS.keySet()));
            System.exit(2);
            return;
        }
        try {
            System.exit(finish(measurement.measure(words.subList(1, words.size())), json));
        } catch (IllegalArgumentException e) {
            System.err.println("karu: bench " + words.get(0) + ": " + e.getMessage());
            System.exit(2);
        }
    }

    /** Prints a report; returns the exit status. */
    static int finish(BenchReport report, boolean json) {
        if (json) {
            System.out.println(report.json());
        } else {
            report.print(System.out);
        }
        return report.holds() ? 0 : 1;
    }
}
