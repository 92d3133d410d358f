package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.ModelStatus.State;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog.Settings;
import io.karu.modelversion.ModelVersionFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A child process does one thing and ends itself at one step, as a power cut would; then the store
 * is opened again. Every step of installing, activating and rolling back is tried.
 */
class PowerCutTest {
    private static final Settings SETTINGS = new Settings(SessionOptions.SHARED_GATEWAY, 64 << 20);
    private static final int CUT = 42;

    @TempDir Path temp;

    /**
     * What the child does; the store holds version 1 as champion before, and version 2 where it is
     * needed.
     */
    enum Work {
        INSTALL {
            @Override
            void run(ModelCatalog catalog, ModelVersionFolder two) throws Exception {
                Scaling.offer(catalog, two);
                Await.until("it is stored", () -> state(catalog, two.digest()) == State.STORED);
            }
        },
        ACTIVATE {
            @Override
            void run(ModelCatalog catalog, ModelVersionFolder two) throws Exception {
                catalog.activate(Scaling.NAME, ModelRef.CHAMPION, two.digest());
            }
        },
        ROLL_BACK {
            @Override
            void run(ModelCatalog catalog, ModelVersionFolder two) throws Exception {
                catalog.rollback(Scaling.NAME, ModelRef.CHAMPION);
            }
        };

        abstract void run(ModelCatalog catalog, ModelVersionFolder two) throws Exception;

        /** Brings a store to where this work begins. */
        void prepare(ModelCatalog catalog, ModelVersionFolder one, ModelVersionFolder two)
                throws Exception {
            Scaling.offer(catalog, one);
            Await.until("it is champion", () -> state(catalog, one.digest()) == State.ACTIVE);
            if (this != INSTALL) {
                INSTALL.run(catalog, two);
            }
            if (this == ROLL_BACK) {
                ACTIVATE.run(catalog, two);
            }
        }
    }

    private static State state(ModelCatalog catalog, Digest digest) {
        return catalog.status().stream()
                .filter(s -> s.digest().equals(digest))
                .map(ModelStatus::state)
                .findFirst()
                .orElse(null);
    }

    @Test
    void installingLeavesTheChampionAtWorkAtEveryStep() throws Exception {
        for (Path store : cutAtEveryStepOf(Work.INSTALL)) {
            assertEquals(1, factorAfterBoot(store, State.STORED));
        }
    }

    @Test
    void activatingLeavesTheOldOrTheNewVersionAtWorkAtEveryStep() throws Exception {
        List<Float> factors = new ArrayList<>();
        for (Path store : cutAtEveryStepOf(Work.ACTIVATE)) {
            factors.add(factorAfterBoot(store, null));
        }
        assertEquals(List.of(1f, 1f, 1f, 2f), factors);
    }

    @Test
    void rollingBackNeverBringsTheRejectedVersionBackAtAnyStep() throws Exception {
        List<Float> factors = new ArrayList<>();
        for (Path store : cutAtEveryStepOf(Work.ROLL_BACK)) {
            factors.add(factorAfterBoot(store, null));
        }
        assertEquals(List.of(2f, 2f, 2f, 1f), factors);
    }

    /**
     * Boots on the store as a gateway does: engine and bundles arrive in any order. Returns what
     * the champion multiplies by.
     */
    private float factorAfterBoot(Path store, State expectedOfTwo) throws Exception {
        ModelVersionFolder one = ModelVersionFolder.read(temp.resolve("v1"));
        ModelVersionFolder two = ModelVersionFolder.read(temp.resolve("v2"));
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        ModelCatalog catalog = new ModelCatalog(store, SETTINGS);
        try {
            Scaling.offer(catalog, two);
            catalog.engineArrived(engine);
            Scaling.offer(catalog, one);
            Await.until("both are known", () -> catalog.status().size() == 2);
            float factor =
                    Await.until(
                            "a lease",
                            () -> {
                                try (ModelLease lease =
                                        catalog.lease(ModelRef.parse(Scaling.NAME))) {
                                    return Scaling.run(lease);
                                }
                            });
            requireTrueState(catalog, factor, one, two, expectedOfTwo);
            try (Stream<Path> incoming = Files.list(store.resolve("incoming"))) {
                assertEquals(0, incoming.count());
            }
            return factor;
        } finally {
            catalog.close();
            engine.close();
        }
    }

    private static void requireTrueState(
            ModelCatalog catalog,
            float factor,
            ModelVersionFolder one,
            ModelVersionFolder two,
            State expectedOfTwo)
            throws Exception {
        assertEquals(State.ACTIVE, state(catalog, factor == 1 ? one.digest() : two.digest()));
        if (expectedOfTwo != null) {
            assertEquals(expectedOfTwo, state(catalog, two.digest()));
        }
        if (state(catalog, two.digest()) == State.REJECTED) {
            assertEquals(1, factor);
            assertThrows(
                    ModelException.class,
                    () -> catalog.activate(Scaling.NAME, ModelRef.CHAMPION, two.digest()));
        }
    }

    /** One store per step, each left by a process that ended itself there. */
    private List<Path> cutAtEveryStepOf(Work work) throws Exception {
        ModelVersionFolder one = Scaling.version(temp.resolve("v1"), 1);
        ModelVersionFolder two = Scaling.version(temp.resolve("v2"), 2);
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        Path prepared = temp.resolve("prepared");
        List<String> steps = new ArrayList<>();
        try {
            ModelCatalog before = new ModelCatalog(prepared, SETTINGS);
            before.engineArrived(engine);
            work.prepare(before, one, two);
            before.close();
            ModelCatalog rehearsal =
                    new ModelCatalog(copy(prepared, "rehearsal"), SETTINGS, steps::add);
            rehearsal.engineArrived(engine);
            work.run(rehearsal, two);
            rehearsal.close();
        } finally {
            engine.close();
        }
        assertTrue(steps.size() >= 4, steps::toString);
        List<Path> stores = new ArrayList<>();
        List<Process> children = new ArrayList<>();
        for (int step = 0; step < steps.size(); step++) {
            Path store = copy(prepared, "cut-" + step);
            stores.add(store);
            children.add(child(work, store, step));
            if (step % 2 == 1 || step == steps.size() - 1) {
                requireCut(children);
            }
        }
        return stores;
    }

    private Process child(Work work, Path store, int step) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temp,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        work.name(),
                        store.toString(),
                        temp.resolve("v2").toString(),
                        Integer.toString(step))
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve("child.log").toFile())
                .start();
    }

    private void requireCut(List<Process> children) throws Exception {
        for (Process child : children) {
            boolean ended = child.waitFor(60, TimeUnit.SECONDS);
            child.destroyForcibly();
            assertTrue(ended, "the child hangs");
            assertEquals(CUT, child.exitValue(), () -> log());
        }
        children.clear();
    }

    private String log() {
        try {
            return Files.readString(temp.resolve("child.log"));
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    private Path copy(Path from, String name) throws Exception {
        Path to = temp.resolve(name);
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
        return to;
    }

    /** Does the work and halts at the given step. */
    static final class Child {
        public static void main(String[] arguments) throws Exception {
            int[] left = {Integer.parseInt(arguments[3])};
            ModelVersionFolder two = ModelVersionFolder.read(Path.of(arguments[2]));
            ModelCatalog catalog =
                    new ModelCatalog(
                            Path.of(arguments[1]),
                            SETTINGS,
                            step -> {
                                if (left[0]-- == 0) {
                                    Runtime.getRuntime().halt(CUT);
                                }
                            });
            Work work = Work.valueOf(arguments[0]);
            if (work != Work.INSTALL) {
                catalog.engineArrived(new OnnxEngine(OrtEnvironment.getEnvironment()));
            }
            work.run(catalog, two);
            System.exit(0);
        }
    }
}
