package io.karu.worker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What a worker is to do and what it may take. Immutable. */
public final class WorkerSpec {
    final String task;
    final List<Path> classPath;
    final List<String> arguments;
    final Path folder;
    final Path directory;
    final int heapMegabytes;
    final Optional<Integer> memoryMegabytes;
    final int threads;
    final Duration deadline;
    final Duration grace;
    final int niceness;
    final Optional<Path> natives;
    final List<String> options;
    final Map<String, String> environment;

    private WorkerSpec(Builder builder) {
        task = builder.task;
        classPath = List.copyOf(builder.classPath);
        arguments = List.copyOf(builder.arguments);
        folder = builder.folder;
        directory = builder.directory;
        heapMegabytes = builder.heapMegabytes;
        memoryMegabytes = Optional.ofNullable(builder.memoryMegabytes);
        threads = builder.threads;
        deadline = builder.deadline;
        grace = builder.grace;
        niceness = builder.niceness;
        natives = Optional.ofNullable(builder.natives);
        options = List.copyOf(builder.options);
        environment = Map.copyOf(builder.environment);
    }

    /**
     * Starts a description: 512 MB of heap, one thread, nice 10, a day, 20 s to end in.
     *
     * @param task name of the {@link WorkerTask}'s class
     * @param folder the worker's own: state, log, temporary files; made when absent
     * @param classPath jar files and folders of classes, with this bundle's own among them
     */
    public static Builder builder(String task, Path folder, List<Path> classPath) {
        return new Builder(task, folder, classPath);
    }

    /** Collects a description. */
    public static final class Builder {
        private final String task;
        private final Path folder;
        private final List<Path> classPath;
        private final List<String> arguments = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private int heapMegabytes = 512;
        private Integer memoryMegabytes;
        private int threads = 1;
        private Duration deadline = Duration.ofDays(1);
        private Duration grace = Duration.ofSeconds(20);
        private int niceness = 10;
        private Path natives;
        private Path directory;

        private Builder(String task, Path folder, List<Path> classPath) {
            this.task = Objects.requireNonNull(task, "task");
            this.folder = folder.toAbsolutePath();
            directory = this.folder;
            this.classPath = List.copyOf(classPath);
            if (classPath.isEmpty()) {
                throw new IllegalArgumentException("a worker needs a class path");
            }
        }

        /** Words for the task. */
        public Builder arguments(String... words) {
            arguments.addAll(List.of(words));
            return this;
        }

        /** Where its process works, and relative paths begin: else the folder. */
        public Builder directory(Path value) {
            directory = value.toAbsolutePath();
            return this;
        }

        /** Java heap. */
        public Builder heapMegabytes(int value) {
            heapMegabytes = positive("heapMegabytes", value);
            return this;
        }

        /** Resident memory in all, natives included; a worker above it is killed. Linux only. */
        public Builder memoryMegabytes(int value) {
            memoryMegabytes = positive("memoryMegabytes", value);
            return this;
        }

        /** Processors that Java, OpenMP and PyTorch count on. */
        public Builder threads(int value) {
            threads = positive("threads", value);
            return this;
        }

        /** Time it has; then it is cancelled. */
        public Builder deadline(Duration value) {
            deadline = Objects.requireNonNull(value, "deadline");
            return this;
        }

        /** Time it has to end once it is cancelled; then it is killed. */
        public Builder grace(Duration value) {
            grace = Objects.requireNonNull(value, "grace");
            return this;
        }

        /** How much other processes go before, 0 to 19, where the system has {@code nice}. */
        public Builder niceness(int value) {
            if (value < 0 || value > 19) {
                throw new IllegalArgumentException("niceness must be 0 to 19, not " + value);
            }
            niceness = value;
            return this;
        }

        /**
         * A lasting folder, shared by workers, where native libraries from the class path are
         * unpacked once: each set of libraries into a folder named by its content.
         */
        public Builder natives(Path value) {
            natives = value.toAbsolutePath();
            return this;
        }

        /** Further options of the JVM. */
        public Builder options(String... values) {
            options.addAll(List.of(values));
            return this;
        }

        /** A variable of the child's environment. */
        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** The description. */
        public WorkerSpec build() {
            return new WorkerSpec(this);
        }

        private static int positive(String name, int value) {
            if (value <= 0) {
                throw new IllegalArgumentException(name + " must be positive, not " + value);
            }
            return value;
        }
    }
}
