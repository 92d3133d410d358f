package io.karu.gateway.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A gateway in a JVM of its own with given options, which lives no longer than the one that started
 * it.
 */
final class ChildJvm {

    private static final String MARK = "io.karu.gateway.child";
    private static final long STOP_SECONDS = 60;

    private ChildJvm() {}

    static int run(Path jar, Options options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options.javaOptions());
        command.add("-D" + MARK + "=true");
        command.addAll(List.of("-jar", jar.toString(), "--home", options.home().toString()));
        command.addAll(List.of("--http-port", Integer.toString(options.httpPort())));
        options.initial().ifPresent(file -> command.addAll(List.of("--initial", file.toString())));
        Process child =
                new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        Thread stop = new Thread(() -> stop(child), "stop-child");
        Runtime.getRuntime().addShutdownHook(stop);
        return child.waitFor();
    }

    private static void stop(Process child) {
        child.destroy();
        try {
            if (!child.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                child.destroyForcibly();
            }
        } catch (InterruptedException e) {
            child.destroyForcibly();
        }
    }

    /**
     * The parent holds the other end of this JVM's standard input: its end means that the parent
     * was killed.
     */
    static void stopWithParent() {
        if (!Boolean.getBoolean(MARK)) {
            return;
        }
        Thread lifeline =
                new Thread(
                        () -> {
                            try {
                                System.in.transferTo(java.io.OutputStream.nullOutputStream());
                            } catch (IOException e) {
                                // ends as the stream does
                            }
                            Runtime.getRuntime().halt(1);
                        },
                        "parent-lifeline");
        lifeline.setDaemon(true);
        lifeline.start();
    }
}
