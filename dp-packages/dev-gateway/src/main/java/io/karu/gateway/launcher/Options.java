package io.karu.gateway.launcher;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What the command line asks for.
 *
 * @param home Kura's home, made when absent
 * @param httpPort port on the loopback interface, 0 takes a free one
 * @param initial CONF-V2 body to apply when there is no snapshot yet
 * @param javaOptions when not empty, the gateway runs in a child JVM with these options
 */
record Options(Path home, int httpPort, Optional<Path> initial, List<String> javaOptions) {

    static final String USAGE =
            """
            usage: java -jar gateway.jar --home DIR [--http-port N] [--initial FILE] [--java-opts "-Xmx96m ..."]
              --home DIR        Kura's home: data, packages, user, log
              --http-port N     port on 127.0.0.1 (default: a free one, printed in the READY line)
              --initial FILE    configuration to apply when DIR holds no snapshot, {"configs":[{"pid","properties":{}}]}
              --java-opts OPTS  run the gateway in a child JVM with these options""";

    static Options parse(String... arguments) {
        Path home = null;
        int httpPort = 0;
        Path initial = null;
        List<String> javaOptions = List.of();
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String option = rest.pop();
            if (rest.isEmpty()) {
                throw new IllegalArgumentException(option + " is unknown or lacks its value");
            }
            String value = rest.pop();
            switch (option) {
                case "--home" -> home = Path.of(value).toAbsolutePath().normalize();
                case "--http-port" -> httpPort = port(value);
                case "--initial" -> initial = Path.of(value).toAbsolutePath().normalize();
                case "--java-opts" -> javaOptions = words(value);
                default -> throw new IllegalArgumentException(option + " is unknown");
            }
        }
        if (home == null) {
            throw new IllegalArgumentException("--home DIR is missing");
        }
        return new Options(home, httpPort, Optional.ofNullable(initial), javaOptions);
    }

    private static int port(String value) {
        try {
            int port = Integer.parseInt(value);
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(
                "--http-port " + value + " is not a port between 0 and 65535");
    }

    private static List<String> words(String value) {
        return Arrays.stream(value.trim().split("\\s+")).filter(w -> !w.isEmpty()).toList();
    }
}
