package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process does one thing and is killed with kill -9 at one step, as a power cut would; then the
 * store is opened again. Every step of installing, activating and rolling back is tried.
 */
class PowerCutTest {
    private static final Settings SETTINGS = new Settings(SessionOptions.SHARED_GATEWAY, 64 << 20);
    private static final String CUT_AT = "karu.test.cut.at";
    private static final int AT_ONCE = 2;

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
        assertEquals(List.of(1f, 1f, 1f, 1f, 2f, 2f), factors);
    }

    @Test
    void rollingBackNeverBringsTheRejectedVersionBackAtAnyStep() throws Exception {
        List<Float> factors = new ArrayList<>();
        for (Path store : cutAtEveryStepOf(Work.ROLL_BACK)) {
            factors.add(factorAfterBoot(store, null));
        }
        assertEquals(List.of(2f, 2f, 2f, 2f, 1f, 1f, 1f), factors);
    }

    @Test
    void everyNamedStepIsReached() throws Exception {
        Set<Step> reached = EnumSet.noneOf(Step.class);
        for (Work work : Work.values()) {
            reached.addAll(rehearse(work, temp.resolve(work.name())));
        }
        assertEquals(EnumSet.allOf(Step.class), reached);
    }

    /**
     * Boots on the store as a gateway does: engine and bundles arrive in any order. Returns what
     * the champion multiplies by.
     */
    private float factorAfterBoot(Path store, State expectedOfTwo) throws Exception {
        ModelVersionFolder one = version(1);
        ModelVersionFolder two = version(2);
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        ModelCatalog catalog = new ModelCatalog(store, SETTINGS);
        try {
            Scaling.offer(catalog, two);
            catalog.engineArrived(engine);
            Scaling.offer(catalog, one);
            Await.until("both are known", () -> catalog.status().size() == 2);
            float factor = Await.until("a lease", () -> factor(catalog));
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

    /** One store per step, each left by a process that was killed there. */
    private List<Path> cutAtEveryStepOf(Work work) throws Exception {
        Path prepared = temp.resolve("prepared");
        List<Step> steps = rehearse(work, prepared);
        List<Path> stores = new ArrayList<>();
        List<CutProcess> running = new ArrayList<>();
        for (int step = 0; step < steps.size(); step++) {
            Path store = copy(prepared, "cut-" + step);
            stores.add(store);
            running.add(
                    CutProcess.start(
                            temp,
                            Child.class,
                            List.of("-D" + CUT_AT + "=" + step),
                            work,
                            store,
                            temp.resolve("v2")));
            if (running.size() == AT_ONCE || step == steps.size() - 1) {
                for (CutProcess process : running) {
                    process.await("CUT HERE");
                    process.kill();
                }
                running.clear();
            }
        }
        return stores;
    }

    /** Brings a store to where the work begins, and does it once on a copy: its steps, in order. */
    private List<Step> rehearse(Work work, Path prepared) throws Exception {
        ModelVersionFolder one = version(1);
        ModelVersionFolder two = version(2);
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        List<Step> steps = new CopyOnWriteArrayList<>();
        try (ModelCatalog before = new ModelCatalog(prepared, SETTINGS)) {
            before.engineArrived(engine);
            work.prepare(before, one, two);
        }
        try (ModelCatalog rehearsal =
                new ModelCatalog(
                        copy(prepared, prepared.getFileName() + "-rehearsal"),
                        SETTINGS,
                        steps::add)) {
            if (work != Work.INSTALL) {
                rehearsal.engineArrived(engine);
                awaitChampion(rehearsal);
                steps.clear();
            }
            work.run(rehearsal, two);
        } finally {
            engine.close();
        }
        return steps;
    }

    private ModelVersionFolder version(int factor) throws Exception {
        Path folder = temp.resolve("v" + factor);
        return Files.exists(folder)
                ? ModelVersionFolder.read(folder)
                : Scaling.version(folder, factor);
    }

    /** Waits until the champion is open and everything before is done. */
    private static void awaitChampion(ModelCatalog catalog) throws Exception {
        Await.until("the champion is open", () -> factor(catalog) > 0);
        assertThrows(ModelException.class, () -> catalog.clear(Scaling.NAME, "nobody"));
    }

    private static float factor(ModelCatalog catalog) throws Exception {
        try (ModelLease lease = catalog.lease(ModelRef.parse(Scaling.NAME))) {
            return Scaling.run(lease);
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

    /** Does the work and stops at the step that the system property names, to be killed there. */
    static final class Child {
        public static void main(String[] arguments) throws Exception {
            AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
            ModelVersionFolder two = ModelVersionFolder.read(Path.of(arguments[2]));
            ModelCatalog catalog =
                    new ModelCatalog(
                            Path.of(arguments[1]),
                            SETTINGS,
                            step -> {
                                if (left.getAndDecrement() == 0) {
                                    System.out.println("CUT HERE " + step);
                                    while (true) {
                                        LockSupport.park();
                                    }
                                }
                            });
            Work work = Work.valueOf(arguments[0]);
            if (work != Work.INSTALL) {
                catalog.engineArrived(new OnnxEngine(OrtEnvironment.getEnvironment()));
                awaitChampion(catalog);
            }
            left.set(Integer.getInteger(CUT_AT));
            work.run(catalog, two);
            System.exit(0);
        }
    }
}
