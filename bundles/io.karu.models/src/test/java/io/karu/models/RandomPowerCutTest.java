package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.SessionOptions;
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
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process installs, activates and rolls back without end and is killed with kill -9 at a random
 * moment; the next one boots on what is left, as Kura does: with the newest bundle, and the engine
 * in any order. Each boot must find a working champion that is what was acknowledged last, or what
 * was under way, and must report what is true. {@code -Dkaru.powercuts} says how often, {@code
 * -Dkaru.powercuts.seed} repeats a run.
 */
class RandomPowerCutTest {
    private static final Settings SETTINGS = new Settings(SessionOptions.SHARED_GATEWAY, 10 << 10);
    private static final int LONGEST_MILLIS = 150;

    @TempDir Path temp;

    @Test
    void thereIsAlwaysAWorkingModelAndTheStateReportedIsTheTrueOne() throws Exception {
        int cuts = Integer.getInteger("karu.powercuts", 20);
        long seed = Long.getLong("karu.powercuts.seed", System.nanoTime());
        System.out.println(cuts + " power cuts with -Dkaru.powercuts.seed=" + seed);
        Random random = new Random(seed);
        Known known = new Known();
        int underWay = 0;
        for (int cut = 0; cut < cuts; cut++) {
            String which = "cut " + cut + " of seed " + seed;
            CutProcess gateway = boot(cut, random.nextLong());
            known.requireBoot(gateway.await("BOOT "), which);
            TimeUnit.MICROSECONDS.sleep(random.nextInt(LONGEST_MILLIS * 1000));
            List<String> said = gateway.kill();
            said.forEach(known::hear);
            underWay += known.isUnderWay() ? 1 : 0;
            if (cut % 50 == 49) {
                System.out.println(cut + 1 + " cuts, " + underWay + " of them during a change");
            }
        }
        CutProcess last = boot(cuts, 0);
        known.requireBoot(last.await("BOOT "), "the last boot of seed " + seed);
        last.kill();
        System.out.println(cuts + " cuts, " + underWay + " of them during a change");
        assertTrue(underWay > 0, "no cut hit a change");
    }

    private CutProcess boot(int number, long seed) throws Exception {
        return CutProcess.start(
                temp,
                Gateway.class,
                List.of(),
                temp.resolve("store"),
                temp.resolve("bundles"),
                number,
                seed);
    }

    /** What the processes have said until now. */
    private static final class Known {
        private final Set<String> rejected = new HashSet<>();
        private String champion = "";
        private String change = "";
        private String next = "";

        /** {@code BEGIN ACTIVATE 7}, {@code BEGIN ROLL_BACK 3}, {@code BEGIN INSTALL 8}, END. */
        void hear(String line) {
            String[] words = line.split(" ");
            if (words[0].equals("BEGIN")) {
                change = words[1];
                next = words[2];
            } else if (words[0].equals("END")) {
                apply();
            }
        }

        private void apply() {
            if (change.equals("ROLL_BACK")) {
                rejected.add(champion);
            }
            if (!change.equals("INSTALL")) {
                champion = next;
            }
            change = "";
        }

        boolean isUnderWay() {
            return !change.isEmpty();
        }

        /** {@code BOOT champion rejected…}. */
        void requireBoot(String line, String which) {
            List<String> words = List.of(line.split(" "));
            String found = words.get(1);
            Set<String> off = new HashSet<>(words.subList(2, words.size()));
            if (champion.isEmpty()) {
                champion = found;
            } else if (!change.isEmpty() && !change.equals("INSTALL") && found.equals(next)) {
                apply();
            }
            change = "";
            assertEquals(champion, found, which);
            assertTrue(off.containsAll(rejected), () -> which + ": " + rejected + " vs " + off);
            assertTrue(!off.contains(found), which);
        }
    }

    /** Boots, says what it found, and changes models until it is killed. */
    static final class Gateway {
        private final Path bundles;
        private final ModelCatalog catalog;
        private int newest;

        private Gateway(Path store, Path bundles, int number) throws Exception {
            this.bundles = bundles;
            this.newest = number * 1000;
            Files.createDirectories(bundles);
            catalog = new ModelCatalog(store, SETTINGS);
        }

        public static void main(String[] arguments) throws Exception {
            Random random = new Random(Long.parseLong(arguments[3]));
            Gateway gateway =
                    new Gateway(
                            Path.of(arguments[0]),
                            Path.of(arguments[1]),
                            Integer.parseInt(arguments[2]));
            gateway.boot(random.nextBoolean());
            while (true) {
                gateway.change(random);
            }
        }

        private void boot(boolean engineFirst) throws Exception {
            if (engineFirst) {
                catalog.engineArrived(new OnnxEngine(OrtEnvironment.getEnvironment()));
            }
            Optional<ModelVersionFolder> bundle = installedBundle();
            if (bundle.isPresent()) {
                Scaling.offer(catalog, bundle.get());
            } else {
                install();
            }
            if (!engineFirst) {
                catalog.engineArrived(new OnnxEngine(OrtEnvironment.getEnvironment()));
            }
            int factor = Await.until("a working model", this::factor);
            awaitEverythingBefore();
            requireTrueStatus(factor);
            StringBuilder found = new StringBuilder("BOOT " + factor);
            catalog.status().stream()
                    .filter(status -> status.state() == State.REJECTED)
                    .forEach(status -> found.append(' ').append(status.version()));
            say(found.toString());
        }

        private void change(Random random) throws Exception {
            List<ModelStatus> stored =
                    catalog.status().stream().filter(s -> s.state() == State.STORED).toList();
            Optional<ModelStatus> lastGood =
                    catalog.status().stream().filter(s -> s.state() == State.LAST_GOOD).findFirst();
            int what = random.nextInt(3);
            if (what == 0 && lastGood.isPresent()) {
                say("BEGIN ROLL_BACK " + lastGood.get().version());
                catalog.rollback(Scaling.NAME, ModelRef.CHAMPION);
                say("END");
            } else if (what == 1 && !stored.isEmpty()) {
                ModelStatus next = stored.get(random.nextInt(stored.size()));
                say("BEGIN ACTIVATE " + next.version());
                catalog.activate(Scaling.NAME, ModelRef.CHAMPION, next.digest());
                say("END");
            } else {
                say("BEGIN INSTALL " + (newest + 1));
                install();
                say("END");
            }
        }

        /** A new version takes the place of the bundle before, and is offered. */
        private void install() throws Exception {
            newest++;
            Path aside = bundles.resolveSibling("bundle-" + newest);
            Scaling.version(aside, newest);
            Path bundle = bundles.resolve(Integer.toString(newest));
            Files.move(aside, bundle, StandardCopyOption.ATOMIC_MOVE);
            Scaling.offer(catalog, ModelVersionFolder.read(bundle));
            awaitEverythingBefore();
        }

        private Optional<ModelVersionFolder> installedBundle() throws Exception {
            try (Stream<Path> folders = Files.list(bundles)) {
                Optional<Path> last =
                        folders.max(
                                Comparator.comparing(
                                        folder ->
                                                Integer.parseInt(folder.getFileName().toString())));
                return last.isPresent()
                        ? Optional.of(ModelVersionFolder.read(last.get()))
                        : Optional.empty();
            }
        }

        /** What the champion multiplies by. */
        private Integer factor() throws Exception {
            try (ModelLease lease = catalog.lease(ModelRef.parse(Scaling.NAME))) {
                return Math.round(Scaling.run(lease));
            }
        }

        /** The worker does one thing after the other; this one is refused. */
        private void awaitEverythingBefore() throws ModelException {
            try {
                catalog.clear(Scaling.NAME, "nobody");
            } catch (ModelException e) {
                if (e.code() != ModelException.Code.NOT_FOUND) {
                    throw e;
                }
            }
        }

        private void requireTrueStatus(int factor) throws Exception {
            int active = 0;
            for (ModelStatus status : catalog.status()) {
                boolean decides = Integer.parseInt(status.version()) == factor;
                require(decides == (status.state() == State.ACTIVE), status);
                require(decides == status.aliases().contains(ModelRef.CHAMPION), status);
                active += decides ? 1 : 0;
                if (status.state() == State.STORED || status.state() == State.LAST_GOOD) {
                    Path copy = Files.createTempDirectory("copy").resolve("version");
                    catalog.copy(status.digest(), copy);
                    require(ModelVersionFolder.read(copy).digest().equals(status.digest()), status);
                    ModelStore.delete(copy.getParent());
                }
                if (status.state() == State.REJECTED) {
                    requireRefused(status);
                }
            }
            require(active == 1, catalog.status());
        }

        private void requireRefused(ModelStatus status) {
            try {
                catalog.activate(Scaling.NAME, ModelRef.CHAMPION, status.digest());
                require(false, status);
            } catch (ModelException e) {
                require(e.code() == ModelException.Code.REJECTED_BEFORE, e.getMessage());
            }
        }

        private static void require(boolean truth, Object status) {
            if (!truth) {
                say("UNTRUE " + status);
                System.exit(1);
            }
        }

        private static void say(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
