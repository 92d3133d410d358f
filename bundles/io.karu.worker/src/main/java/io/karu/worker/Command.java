package io.karu.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The command line and environment of a worker's process. */
final class Command {
    static final String LOG = "worker.log";
    private static final long LOG_BYTES = 4L << 20;

    private Command() {}

    static ProcessBuilder of(WorkerSpec spec) throws IOException {
        Path folder = Files.createDirectories(spec.folder);
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        List<String> command = new ArrayList<>();
        Path nice = Path.of("/usr/bin/nice");
        if (spec.niceness > 0 && Files.isExecutable(nice)) {
            command.addAll(List.of(nice.toString(), "-n", Integer.toString(spec.niceness)));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + spec.heapMegabytes + "m");
        command.add("-XX:ActiveProcessorCount=" + spec.threads);
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("-Djava.awt.headless=true");
        command.add("-Djava.io.tmpdir=" + temporary);
        command.add("-Dai.djl.offline=true");
        command.add("-Dai.djl.pytorch.num_threads=" + spec.threads);
        command.add("-Dai.djl.pytorch.num_interop_threads=1");
        command.addAll(spec.options);
        command.add("@" + classPath(spec, folder));
        command.add(Child.class.getName());
        command.add(spec.task);
        command.add(folder.toString());
        command.add(Long.toString(spec.grace.toMillis()));
        command.addAll(spec.arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(spec.directory.toFile());
        builder.redirectError(ProcessBuilder.Redirect.appendTo(log(folder).toFile()));
        environment(builder.environment(), spec);
        return builder;
    }

    private static void environment(Map<String, String> environment, WorkerSpec spec)
            throws IOException {
        environment.put("OMP_WAIT_POLICY", "PASSIVE");
        environment.put("OMP_NUM_THREADS", Integer.toString(spec.threads));
        environment.put("OPT_OUT_TRACKING", "true");
        // glibc otherwise keeps an arena for each thread of PyTorch.
        environment.put("MALLOC_ARENA_MAX", "2");
        environment.remove("JAVA_TOOL_OPTIONS");
        environment.remove("JDK_JAVA_OPTIONS");
        if (spec.natives.isPresent()) {
            Path cache = NativeCache.folder(spec.natives.get(), spec.classPath);
            environment.put("DJL_CACHE_DIR", cache.toString());
        }
        environment.putAll(spec.environment);
    }

    /** An argument file: a class path may be longer than a command line. */
    private static Path classPath(WorkerSpec spec, Path folder) throws IOException {
        String path =
                spec.classPath.stream()
                        .map(each -> each.toAbsolutePath().toString())
                        .collect(Collectors.joining(java.io.File.pathSeparator));
        Path file = folder.resolve("class-path");
        String escaped = path.replace("\\", "\\\\").replace("\"", "\\\"");
        return Files.writeString(file, "-cp \"" + escaped + "\"\n");
    }

    private static Path log(Path folder) throws IOException {
        Path log = folder.resolve(LOG);
        if (Files.exists(log) && Files.size(log) > LOG_BYTES) {
            Files.move(
                    log,
                    folder.resolve(LOG + ".1"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        return log;
    }
}
