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

    /** Which of Java's compilers make the code. */
    enum Compilers {
        /** The one that is ready soonest. */
        QUICK(1),
        /** The one that makes the fastest code, too. */
        OPTIMIZING(4);

        private final int level;

        Compilers(int level) {
            this.level = level;
        }
    }

    /**
     * Starts it; it is not ready yet.
     *
     * @param libraries class path
     * @param data its data directory
     * @param options of its command line, beside the data directory
     */
    static AggregatorProcess start(
            String libraries, Path data, Path logs, Compilers compilers, List<String> options)
            throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Child.java(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=" + compilers.level,
                                "-cp",
                                libraries,
                                "io.karu.aggregator.Main",
                                "--data",
                                data.toString()));
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
