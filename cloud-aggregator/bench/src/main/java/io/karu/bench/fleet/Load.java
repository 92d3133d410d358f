package io.karu.bench.fleet;

import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the aggregator and its process say of the load they bear. */
final class Load {
    private Load() {}

    /** Sum of the values whose name and labels a pattern finds. */
    static double metric(Testbed testbed, String name) throws IOException, InterruptedException {
        Matcher lines =
                Pattern.compile("^" + name + "(?:\\{[^}]*})? (\\S+)$", Pattern.MULTILINE)
                        .matcher(testbed.rest().text("/metrics"));
        double sum = 0;
        while (lines.find()) {
            sum += Double.parseDouble(lines.group(1));
        }
        return sum;
    }

    static long online(Testbed testbed) throws IOException, InterruptedException {
        return (long) metric(testbed, "karu_gateways\\{presence=\"ONLINE\"\\}");
    }

    static double verdicts(Testbed testbed) throws IOException, InterruptedException {
        return metric(testbed, "karu_verdicts_total");
    }

    /** Bytes that the aggregator's process has had written to disk. */
    static long written(Testbed testbed) throws IOException {
        Path io = Path.of("/proc", Long.toString(testbed.aggregator().pid()), "io");
        Matcher bytes =
                Pattern.compile("^write_bytes: (\\d+)", Pattern.MULTILINE)
                        .matcher(Files.readString(io));
        return bytes.find() ? Long.parseLong(bytes.group(1)) : 0;
    }

    /** Processor time of the aggregator's process. */
    static long processorMillis(Testbed testbed) {
        return ProcessHandle.of(testbed.aggregator().pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .map(Duration::toMillis)
                .orElse(0L);
    }

    static <T> T await(String what, Callable<Optional<T>> probe)
            throws IOException, InterruptedException {
        return Testbed.await(what, FleetBench.PATIENCE, probe);
    }

    static double rate(long count, Instant since) {
        return count / seconds(since);
    }

    static double seconds(Instant since) {
        return Duration.between(since, Instant.now()).toMillis() / 1000.0;
    }
}
