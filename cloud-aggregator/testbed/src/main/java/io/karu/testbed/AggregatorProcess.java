package io.karu.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The aggregator of a test bed as a process, and who may talk to it. */
final class AggregatorProcess {
    private static final Pattern PASSWORD = Pattern.compile("Password of admin: (\\S+)");

    private final Child child;
    private final Path data;

    private AggregatorProcess(Child child, Path data) {
        this.child = child;
        this.data = data;
    }

    /** What its Java is told. */
    enum Run {
        /** Ready soonest, in little memory. */
        BRIEFLY("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        /** For hours and thousands of gateways, as docs/engines.md says. */
        FOR_LONG("-Xmx1g", "-XX:+UseParallelGC");

        private final List<String> options;

        Run(String... options) {
            this.options = List.of(options);
        }
    }

    /**
     * Starts it; it is not ready yet.
     *
     * @param libraries class path
     * @param data its data directory
     * @param run what its Java is told
     * @param options of its command line, beside the data directory
     */
    static AggregatorProcess start(
            String libraries, Path data, Path logs, Run run, List<String> options)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(Child.java()));
        command.addAll(run.options);
        command.addAll(
                List.of("-cp", libraries, "io.karu.aggregator.Main", "--data", data.toString()));
        command.addAll(options);
        return new AggregatorProcess(Child.start("aggregator", logs, command, Map.of()), data);
    }

    /** Waits until it serves; answers how to ask it, with every right. */
    RestClient awaitReady() throws IOException, InterruptedException {
        Matcher ready = child.awaitLine(Testbed.READY, Testbed.START_DEADLINE);
        return new RestClient(ready.group(1), Files.readString(token(data)).trim());
    }

    /** The first administrator's password, present only at the very first start. */
    Optional<String> firstPassword() throws IOException {
        Matcher password = PASSWORD.matcher(child.output());
        return password.find() ? Optional.of(password.group(1)) : Optional.empty();
    }

    /** File with the API token in the data directory. */
    static Path token(Path data) {
        return data.resolve("api-token");
    }

    Child child() {
        return child;
    }
}
