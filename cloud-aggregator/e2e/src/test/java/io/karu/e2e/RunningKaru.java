package io.karu.e2e;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./karu up} as a person runs it: what it prints, what is typed, and Ctrl-C. */
final class RunningKaru implements AutoCloseable {
    private final Process process;
    private final BufferedWriter keyboard;
    private final StringBuffer screen = new StringBuffer();

    private RunningKaru(Process process) {
        this.process = process;
        this.keyboard =
                new BufferedWriter(
                        new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    }

    /**
     * Starts it on what is already built. Ctrl-C works as in a terminal, also where the tests run
     * in the background and inherit that it is ignored.
     */
    static RunningKaru up(Path root, Path home, String... options) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        "env", "--default-signal=INT", root.resolve("karu").toString(), "up");
        builder.command().addAll(List.of(options));
        builder.redirectErrorStream(true).directory(root.toFile());
        builder.environment().put("KARU_HOME", home.toString());
        builder.environment().put("KARU_BUILT", "1");
        RunningKaru karu = new RunningKaru(builder.start());
        Thread reader = new Thread(karu::read, "karu-screen");
        reader.setDaemon(true);
        reader.start();
        return karu;
    }

    private void read() {
        try (BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int c = out.read(); c >= 0; c = out.read()) {
                screen.append((char) c);
                System.out.print((char) c);
            }
        } catch (IOException e) {
            screen.append("\n(the output ended: ").append(e.getMessage()).append(')');
        }
    }

    /** Waits until the screen's whole lines show what the pattern finds. */
    Matcher await(String pattern, Duration deadline) throws IOException, InterruptedException {
        Pattern compiled = Pattern.compile(pattern);
        long end = System.nanoTime() + deadline.toNanos();
        while (true) {
            boolean alive = process.isAlive();
            Matcher found = compiled.matcher(wholeLines());
            if (found.find()) {
                return found;
            }
            if (!alive || System.nanoTime() > end) {
                throw new AssertionError(
                        (alive ? "not within " + deadline.toSeconds() + " s: " : "ended before: ")
                                + pattern
                                + "\nThe screen:\n"
                                + screen);
            }
            process.waitFor(100, TimeUnit.MILLISECONDS);
        }
    }

    /** What is on the screen up to the last end of a line: the rest may still be on its way. */
    private String wholeLines() {
        return screen.substring(0, screen.lastIndexOf("\n") + 1);
    }

    boolean shows(String pattern) {
        return Pattern.compile(pattern).matcher(screen).find();
    }

    void type(String line) throws IOException {
        keyboard.write(line);
        keyboard.newLine();
        keyboard.flush();
    }

    /** The processes that it started, itself included. */
    List<ProcessHandle> processes() {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(process.toHandle()), process.descendants())
                .toList();
    }

    /** Presses Ctrl-C as a terminal does it; returns the exit status. */
    int interrupt(Duration deadline) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(
                    "still running "
                            + deadline.toSeconds()
                            + " s after Ctrl-C\nThe screen:\n"
                            + screen);
        }
        return process.exitValue();
    }

    /** Waits until it has ended by itself; returns the exit status. */
    int awaitEnd(Duration deadline) throws InterruptedException {
        if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(
                    "still running after " + deadline.toSeconds() + " s\nThe screen:\n" + screen);
        }
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        if (process.isAlive()) {
            process.destroy();
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }
}
