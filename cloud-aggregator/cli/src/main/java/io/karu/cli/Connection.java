package io.karu.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which aggregator, and who asks. */
final class Connection {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Aggregator; else KARU_URL, else the one that runs on --data.")
    private String url;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data directory of a local aggregator; else KARU_HOME/aggregator.")
    private Path data;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "API token; else KARU_TOKEN, else api-token in --data.")
    private Path tokenFile;

    Api open() {
        return new Api(address(), token());
    }

    /** The data directory of the local aggregator. */
    Path data() {
        if (data != null) {
            return data;
        }
        String home = System.getenv("KARU_HOME");
        return Path.of(home == null ? ".karu" : home, "aggregator");
    }

    private String address() {
        if (url != null) {
            return url;
        }
        String environment = System.getenv("KARU_URL");
        return environment != null
                ? environment
                : read(
                        data().resolve("address"),
                        Refused.UNREACHABLE,
                        "no aggregator has run on " + data() + "; start it or give --url");
    }

    private String token() {
        String environment = System.getenv("KARU_TOKEN");
        if (tokenFile == null && environment != null) {
            return environment;
        }
        Path file = tokenFile != null ? tokenFile : data().resolve("api-token");
        return read(file, Refused.NOT_LOGGED_IN, "no API token in " + file + "; give --token-file");
    }

    private static String read(Path file, int exitCode, String otherwise) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new Refused(exitCode, otherwise);
        }
    }
}
