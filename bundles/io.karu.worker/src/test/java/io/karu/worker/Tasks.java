package io.karu.worker;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the workers of the tests do. */
final class Tasks {
    private Tasks() {}

    /** Counts to its argument, keeping the count every ten. */
    public static final class Count implements WorkerTask {
        public Count() {}

        @Override
        public void run(WorkerContext context) throws Exception {
            long of = Long.parseLong(context.arguments().get(0));
            long pause = Long.parseLong(context.arguments().get(1));
            Path state = context.folder().resolve("count");
            long from = Files.exists(state) ? Long.parseLong(Files.readString(state)) : 0;
            context.stage("counting", of, "numbers");
            for (long i = from + 1; i <= of && !context.isCancelled(); i++) {
                if (i % 10 == 0) {
                    keep(state, i);
                }
                context.progress(i, Map.of("square", (double) i * i));
                Thread.sleep(pause);
            }
            JsonObject result = new JsonObject();
            result.addProperty("began", from);
            context.result(result);
        }

        private static void keep(Path state, long count) throws IOException {
            Path fresh = state.resolveSibling("count.new");
            Files.writeString(fresh, Long.toString(count));
            Files.move(fresh, state, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Says what surrounds it. */
    public static final class Look implements WorkerTask {
        public Look() {}

        @Override
        public void run(WorkerContext context) {
            System.out.println("printed by a library");
            JsonObject result = new JsonObject();
            for (String name :
                    List.of(
                            "OMP_WAIT_POLICY",
                            "OMP_NUM_THREADS",
                            "OPT_OUT_TRACKING",
                            "DJL_CACHE_DIR")) {
                result.addProperty(name, System.getenv(name));
            }
            for (String name :
                    List.of("ai.djl.offline", "ai.djl.pytorch.num_threads", "java.io.tmpdir")) {
                result.addProperty(name, System.getProperty(name));
            }
            result.addProperty("heap", Runtime.getRuntime().maxMemory() >> 20);
            result.addProperty("processors", Runtime.getRuntime().availableProcessors());
            context.result(result);
        }
    }

    /** Fails. */
    public static final class Fail implements WorkerTask {
        public Fail() {}

        @Override
        public void run(WorkerContext context) throws IOException {
            throw new IOException("no images in /nowhere");
        }
    }

    /** Hears nothing of being cancelled. */
    public static final class Deaf implements WorkerTask {
        public Deaf() {}

        @Override
        public void run(WorkerContext context) throws Exception {
            context.progress(1, Map.of());
            new java.util.concurrent.CountDownLatch(1).await();
        }
    }

    /** Takes memory outside the heap. */
    public static final class Greedy implements WorkerTask {
        private final List<java.nio.ByteBuffer> taken = new ArrayList<>();

        public Greedy() {}

        @Override
        public void run(WorkerContext context) throws Exception {
            for (int i = 0; i < 30; i++) {
                java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(20 << 20);
                for (int page = 0; page < buffer.capacity(); page += 4096) {
                    buffer.put(page, (byte) 1);
                }
                taken.add(buffer);
            }
            new java.util.concurrent.CountDownLatch(1).await();
        }
    }

    /** Takes more heap than there is. */
    public static final class Hoard implements WorkerTask {
        private final List<byte[]> taken = new ArrayList<>();

        public Hoard() {}

        @Override
        public void run(WorkerContext context) {
            while (taken.size() < 100_000) {
                taken.add(new byte[1 << 20]);
            }
        }
    }

    /** Starts a worker, says its process id and waits: to be killed. */
    public static final class Parent implements WorkerTask {
        public Parent() {}

        @Override
        public void run(WorkerContext context) throws Exception {
            Worker child =
                    Worker.start(
                            WorkerSpec.builder(
                                            Count.class.getName(),
                                            context.folder().resolve("child"),
                                            WorkerTest.classPath())
                                    .arguments("1000000", "5")
                                    .grace(java.time.Duration.ofSeconds(2))
                                    .build(),
                            WorkerListener.NONE);
            context.progress(child.pid(), Map.of());
            child.result().join();
        }
    }
}
