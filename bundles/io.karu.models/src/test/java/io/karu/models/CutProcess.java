package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Java process that is ended with kill -9, as a power cut would end it. */
final class CutProcess {
    private static final int KILLED = 128 + 9;

    private final Process process;
    private final BufferedReader out;
    private final List<String> lines = new ArrayList<>();

    private CutProcess(Process process) {
        this.process = process;
        this.out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static CutProcess start(Path temp, Class<?> main, List<String> options, Object... arguments)
            throws IOException {
        List<String> line =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx96m",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Djava.io.tmpdir=" + temp));
        line.addAll(options);
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(line::add);
        return new CutProcess(new ProcessBuilder(line).redirectErrorStream(true).start());
    }

    /** Waits for a line that begins so; fails when the process ends before. */
    String await(String beginning) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            if (line.startsWith(beginning)) {
                return line;
            }
        }
        throw new AssertionError(
                "the process ended before \"" + beginning + "\":\n" + String.join("\n", lines));
    }

    /** Ends it with kill -9 and gives all that it has said. */
    List<String> kill() throws IOException, InterruptedException {
        // Process.destroyForcibly would close the pipe before all was read.
        process.toHandle().destroyForcibly();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the process survives kill -9");
        out.lines().forEach(lines::add);
        assertTrue(
                process.exitValue() == KILLED,
                () -> "it ended by itself with " + process.exitValue() + ":\n" + lines);
        return lines;
    }
}
