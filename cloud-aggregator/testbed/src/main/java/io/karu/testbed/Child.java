package io.karu.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A child process with its log file and pid file. The pid file lets a later start find and stop
 * what a killed parent left running.
 */
public final class Child implements AutoCloseable {
    private final String name;
    private final Path log;
    private final Path pidFile;
    private final Process process;
    private final long logStart;

    private Child(String name, Path log, Path pidFile, Process process, long logStart) {
        this.name = name;
        this.log = log;
        this.pidFile = pidFile;
        this.process = process;
        this.logStart = logStart;
    }

    /**
     * Starts a process; its output is appended to {@code <directory>/<name>.log}.
     *
     * @param environment added to this process's own
     */
    public static Child start(
            String name, Path directory, List<String> command, Map<String, String> environment)
            throws IOException {
        Files.createDirectories(directory);
        Path log = directory.resolve(name + ".log");
        Path pidFile = directory.resolve(name + ".pid");
        stopLeftover(pidFile);
        long logStart = Files.exists(log) ? Files.size(log) : 0;
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        Instant since = process.info().startInstant().orElse(Instant.EPOCH);
        Files.writeString(pidFile, process.pid() + " " + since.toEpochMilli());
        return new Child(name, log, pidFile, process, logStart);
    }

    /** The program that runs this process, for children that are Java, too. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Stops the process that a pid file names, if it is still the one that was started. */
    static void stopLeftover(Path pidFile) throws IOException {
        if (!Files.exists(pidFile)) {
            return;
        }
        String[] words = Files.readString(pidFile).trim().split(" ");
        Optional<ProcessHandle> left =
                words.length == 2 ? ProcessHandle.of(Long.parseLong(words[0])) : Optional.empty();
        if (left.isPresent()
                && left.get().info().startInstant().map(Instant::toEpochMilli).orElse(-1L)
                        == Long.parseLong(words[1])) {
            left.get().destroy();
            try {
                left.get().onExit().get(60, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                left.get().destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (java.util.concurrent.ExecutionException e) {
                throw new IOException("cannot stop process " + words[0], e);
            }
        }
        Files.deleteIfExists(pidFile);
    }

    /**
     * Waits until the log has a whole line that the pattern finds.
     *
     * @throws IOException when the process ends before, or at the deadline; the message carries the
     *     log's last lines
     */
    public Matcher awaitLine(Pattern pattern, Duration deadline)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        while (true) {
            boolean alive = process.isAlive();
            String output = output();
            int whole = alive ? output.lastIndexOf('\n') + 1 : output.length();
            for (String line : output.substring(0, whole).split("\n")) {
                Matcher found = pattern.matcher(line);
                if (found.find()) {
                    return found;
                }
            }
            if (!alive) {
                throw new IOException(
                        name + " ended with status " + process.exitValue() + ":\n" + tail());
            }
            if (System.nanoTime() > end) {
                throw new IOException(
                        name
                                + " did not get ready within "
                                + deadline.toSeconds()
                                + " s:\n"
                                + tail());
            }
            process.waitFor(100, TimeUnit.MILLISECONDS);
        }
    }

    /** What the process has printed since it was started. */
    public String output() throws IOException {
        byte[] all = Files.readAllBytes(log);
        int from = (int) Math.min(logStart, all.length);
        return new String(all, from, all.length - from, java.nio.charset.StandardCharsets.UTF_8);
    }

    private String tail() throws IOException {
        String[] lines = output().split("\n");
        int from = Math.max(0, lines.length - 15);
        return String.join("\n", List.of(lines).subList(from, lines.length))
                + "\n(log: "
                + log
                + ")";
    }

    /** Tells the exit status once the process has ended. */
    public void whenEnded(IntConsumer listener) {
        process.onExit().thenAccept(ended -> listener.accept(ended.exitValue()));
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks the process to stop, waits, and ends it forcibly at the deadline. Idempotent. */
    public void stop(Duration deadline) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
        deletePidFile();
    }

    /** Ends the process without notice, as a power cut does. */
    public void kill() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.waitFor(60, TimeUnit.SECONDS);
        deletePidFile();
    }

    private void deletePidFile() {
        try {
            Files.deleteIfExists(pidFile);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        stop(Duration.ofSeconds(20));
    }
}
