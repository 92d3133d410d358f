package io.karu.compression.gateway;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.Ledger;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.gateway.Job.State;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.Graph;
import io.karu.worker.Worker;
import io.karu.worker.WorkerResult;
import io.karu.worker.WorkerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compresses models of this gateway, one job after the other, on a thread of its own; the work is
 * done by a child JVM. A job outlives the gateway: after a power cut it begins anew on the same
 * frames. What runs is never touched: the result is one more version in the gateway's store.
 */
public final class CompressionService implements HealthCheck, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CompressionService.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);
    private static final int MOST_ATTEMPTS = 5;
    private static final int ROUNDS = 60;
    private static final long SEED = 1;
    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final JobStore store;
    private final FrameReserve reserve;
    private final VersionParts departing;
    private final Thread thread = new Thread(this::run, "karu-compression");
    private volatile WorkerSettings settings;
    private Optional<Models> models = Optional.empty();
    private Optional<WorkerClassPath> classPath = Optional.empty();
    private Worker running;
    private String runningJob;
    private boolean closed;

    /** A job waits for something that is not there yet. */
    private static final class NotYet extends Exception {
        private static final long serialVersionUID = 1L;

        NotYet(String reason) {
            super(reason);
        }
    }

    /** Nothing of the version can become smaller or faster; says why. */
    private static final class Unfit extends Exception {
        private static final long serialVersionUID = 1L;

        Unfit(String why) {
            super(why);
        }
    }

    /**
     * Opens the jobs and begins to work.
     *
     * @param root folder of the jobs, created when absent
     */
    public CompressionService(Path root, FrameReserve reserve, WorkerSettings settings)
            throws IOException {
        this.store = new JobStore(root);
        this.reserve = reserve;
        this.departing = new VersionParts(root.resolveSibling("departing"));
        this.settings = settings;
        thread.start();
    }

    public void configure(WorkerSettings next) {
        settings = next;
        reserve.bound(next.frames(), next.frameBytes());
    }

    /** The gateway's models are there, or gone. */
    public synchronized void setModels(Optional<Models> present) {
        models = present;
        notifyAll();
    }

    /** What workers run on is there, or gone; a worker that runs goes on. */
    public synchronized void setClassPath(Optional<WorkerClassPath> present) {
        classPath = present;
        notifyAll();
    }

    /** Every job, newest first. */
    public List<Job> jobs() {
        return store.all();
    }

    /**
     * Asks for a compressed version. A model that has a job already keeps that one.
     *
     * @param reference name, alias or digest of a version in the gateway's store
     * @param budget share of the golden frames that may be decided otherwise, 0 to 1
     * @throws ModelException {@code NOT_FOUND}, {@code AMBIGUOUS}; {@code NO_ENGINE} when the
     *     models are not there; {@code STORE_FAILED} when the job cannot be written
     */
    public synchronized Job start(ModelRef reference, double budget) throws ModelException {
        if (!(budget >= 0 && budget < 1)) {
            throw new IllegalArgumentException("budget must be 0 to 1, was " + budget);
        }
        ModelStatus version = find(reference);
        for (Job job : store.all()) {
            if (!job.state().isFinal() && job.parent().equals(version.digest())) {
                return job;
            }
        }
        Instant now = Instant.now();
        String id =
                STAMP.format(now)
                        + "-"
                        + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt(), 4);
        Job job =
                new Job(
                        id,
                        version.name(),
                        version.digest(),
                        budget,
                        State.WAITING,
                        "waits for its turn",
                        now,
                        0,
                        Optional.empty(),
                        Optional.empty());
        try {
            store.put(job);
        } catch (IOException e) {
            throw new ModelException(
                    ModelException.Code.STORE_FAILED, "the job cannot be written: " + e, e);
        }
        notifyAll();
        return job;
    }

    private ModelStatus find(ModelRef reference) throws ModelException {
        Models present =
                models.orElseThrow(
                        () ->
                                new ModelException(
                                        ModelException.Code.NO_ENGINE,
                                        "the gateway's models are not there at present"));
        List<ModelStatus> fitting =
                present.status().stream()
                        .filter(version -> version.name().equals(reference.name()))
                        .filter(version -> means(reference, version))
                        .toList();
        if (fitting.isEmpty()) {
            throw new ModelException(
                    ModelException.Code.NOT_FOUND, "no version here is " + reference);
        }
        if (fitting.size() > 1) {
            throw new ModelException(
                    ModelException.Code.AMBIGUOUS,
                    reference + " fits " + fitting.size() + " versions");
        }
        return fitting.get(0);
    }

    private static boolean means(ModelRef reference, ModelStatus version) {
        if (version.state() == ModelStatus.State.REJECTED) {
            return false;
        }
        return reference.selector() instanceof ModelRef.Pinned pinned
                ? version.digest().hex().startsWith(pinned.hexPrefix())
                : version.aliases().contains(((ModelRef.Alias) reference.selector()).alias());
    }

    /**
     * Ends a job, also one whose worker runs; one that has ended stays as it is.
     *
     * @return the job now; absent when there is none of that id
     */
    public synchronized Optional<Job> cancel(String id) throws IOException {
        Optional<Job> job = store.find(id);
        if (job.isPresent() && !job.get().state().isFinal()) {
            store.put(job.get().in(State.CANCELLED, "cancelled"));
            if (id.equals(runningJob) && running != null) {
                running.cancel();
            }
            notifyAll();
        }
        return store.find(id);
    }

    /**
     * A part of the version that a job made.
     *
     * @param offset in its file
     * @param ledger is told when the first part leaves
     * @throws ModelException {@code NOT_FOUND} when there is no such job, or it made none
     */
    public VersionParts.Part part(String id, long offset, Ledger ledger) throws ModelException {
        Digest made =
                store.find(id)
                        .flatMap(Job::digest)
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                ModelException.Code.NOT_FOUND,
                                                "job " + id + " has made no version"));
        Models present;
        synchronized (this) {
            present =
                    models.orElseThrow(
                            () ->
                                    new ModelException(
                                            ModelException.Code.NO_ENGINE,
                                            "the gateway's models are not there at present"));
        }
        return departing.read(present, ledger, made, offset);
    }

    @Override
    public List<Result> check() {
        return List.of(
                new Result(
                        "compression",
                        true,
                        store.next()
                                .map(job -> job.model() + ": " + job.reason())
                                .orElse("nothing to do")));
    }

    // The thread

    private void run() {
        while (!isClosed()) {
            Optional<Job> next = store.next();
            try {
                if (next.isEmpty() || !work(next.get())) {
                    pause();
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.error("jobs cannot be kept: {}", e.toString(), e);
                if (!pauseQuietly()) {
                    return;
                }
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void pause() throws InterruptedException {
        if (!closed) {
            wait(PAUSE.toMillis());
        }
    }

    private boolean pauseQuietly() {
        try {
            pause();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** False when the job has to wait. */
    private boolean work(Job job) throws IOException, InterruptedException {
        try {
            if (job.attempts() >= MOST_ATTEMPTS) {
                end(
                        job.in(
                                State.FAILED,
                                "the gateway was interrupted "
                                        + job.attempts()
                                        + " times during this job"));
                return true;
            }
            Models present = prepare(job);
            WorkerClassPath path = present(classPath(), "an inference engine for the worker");
            Job begun = job.begun();
            if (!replace(begun)) {
                return true;
            }
            compress(begun, present, path);
            return true;
        } catch (Unfit e) {
            end(job.in(State.REFUSED, e.getMessage()));
            return true;
        } catch (NotYet e) {
            String reason = "waits for " + e.getMessage();
            if (!job.reason().equals(reason) && job.state() == State.WAITING) {
                replace(job.in(State.WAITING, reason));
            }
            return false;
        } catch (ModelException e) {
            if (e.code() == ModelException.Code.BUSY || e.code() == ModelException.Code.NO_ENGINE) {
                return false;
            }
            end(job.in(State.FAILED, e.getMessage()));
            return true;
        }
    }

    private synchronized Optional<WorkerClassPath> classPath() {
        return classPath;
    }

    private static <T> T present(Optional<T> service, String what) throws NotYet {
        return service.orElseThrow(() -> new NotYet(what));
    }

    /** Freezes what the worker works on, so that every attempt is the same. */
    private Models prepare(Job job) throws IOException, ModelException, NotYet, Unfit {
        Models present;
        synchronized (this) {
            present = present(models, "the gateway's models");
        }
        Path folder = store.folder(job);
        Path order = folder.resolve(CompressionOrder.FILE);
        if (Files.exists(order)) {
            return present;
        }
        Path parent = folder.resolve(CompressionTask.PARENT);
        if (!Files.exists(parent)) {
            copy(present, job, parent);
        }
        int accepted = reserve.accepted(job.model());
        if (accepted < WorkerSettings.FEWEST_FRAMES) {
            throw new NotYet(
                    "accepted frames: "
                            + accepted
                            + " of "
                            + WorkerSettings.FEWEST_FRAMES
                            + " are there");
        }
        Path frames = folder.resolve(CompressionTask.FRAMES);
        JobStore.delete(frames);
        reserve.copy(job.model(), frames);
        Path aside = folder.resolve(CompressionOrder.FILE + ".next");
        Files.writeString(aside, new CompressionOrder(SEED, job.budget(), ROUNDS).toJson());
        Files.move(aside, order, StandardCopyOption.ATOMIC_MOVE);
        return present;
    }

    /** Copies what is compressed, unless nothing in it can be. */
    private static void copy(Models present, Job job, Path parent)
            throws IOException, ModelException, Unfit {
        Path aside = parent.resolveSibling(CompressionTask.PARENT + ".next");
        JobStore.delete(aside);
        present.copy(job.parent(), aside);
        ModelVersionFolder version = ModelVersionFolder.read(aside);
        Optional<String> obstacle = PostTrainingQuantization.obstacle(Graph.read(version.graph()));
        if (obstacle.isPresent()) {
            throw new Unfit(
                    version.card().name() + " " + version.card().version() + " " + obstacle.get());
        }
        Files.move(aside, parent, StandardCopyOption.ATOMIC_MOVE);
    }

    private void compress(Job job, Models present, WorkerClassPath path)
            throws IOException, InterruptedException {
        Path folder = store.folder(job);
        try {
            Optional<Worker> worker = started(job, path, folder);
            if (worker.isEmpty()) {
                return;
            }
            WorkerResult ended = worker.get().result().get();
            if (isClosed() || isOver(job)) {
                return;
            }
            if (ended.body().isEmpty()) {
                end(job.in(State.FAILED, "the worker " + ended.reason()));
            } else {
                finish(job, present, CompressionResult.read(ended.body().get()));
            }
        } catch (IOException | ExecutionException | RuntimeException e) {
            end(job.in(State.FAILED, e.toString()));
        } finally {
            synchronized (this) {
                running = null;
                runningJob = null;
            }
        }
    }

    private synchronized Optional<Worker> started(Job job, WorkerClassPath path, Path folder)
            throws IOException {
        if (closed || isOver(job)) {
            return Optional.empty();
        }
        WorkerSettings bounds = settings;
        WorkerSpec spec =
                WorkerSpec.builder(CompressionTask.class.getName(), folder, path.jars())
                        .heapMegabytes(bounds.megabytes() / 2)
                        .memoryMegabytes(bounds.megabytes())
                        .threads(bounds.cores())
                        .deadline(bounds.deadline())
                        .grace(GRACE)
                        .niceness(19)
                        .options("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                        .options("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=crash.log")
                        .options(path.options().toArray(String[]::new))
                        .build();
        running = Worker.start(spec, progress -> store.tell(job.id(), progress.stage()));
        runningJob = job.id();
        return Optional.of(running);
    }

    private boolean isOver(Job job) {
        return store.find(job.id()).map(now -> now.state().isFinal()).orElse(true);
    }

    private void finish(Job job, Models present, CompressionResult result) throws IOException {
        if (result.chosen().isEmpty()) {
            end(
                    job.ended(
                            State.REFUSED,
                            "no variant keeps its promise here; the best known reason: "
                                    + result.variants().get(0).reason(),
                            result,
                            Optional.empty()));
            return;
        }
        try {
            Digest stored = present.add(store.folder(job).resolve(CompressionTask.VERSION));
            Variant chosen =
                    result.variants().stream()
                            .filter(v -> v.name().equals(result.chosen().get()))
                            .findFirst()
                            .orElseThrow();
            end(
                    job.ended(
                            State.SUCCEEDED,
                            String.format(
                                    Locale.ROOT,
                                    "%s: %s; stored, decides nothing until it is activated",
                                    chosen.name(),
                                    chosen.reason()),
                            result,
                            Optional.of(stored)));
        } catch (ModelException e) {
            end(job.ended(State.FAILED, e.getMessage(), result, Optional.empty()));
        }
    }

    private void end(Job job) throws IOException {
        if (replace(job)) {
            LOG.info("job {} of {} {}: {}", job.id(), job.model(), job.state(), job.reason());
        }
    }

    /** False when the job was cancelled meanwhile. */
    private synchronized boolean replace(Job job) throws IOException {
        if (isOver(job)) {
            return false;
        }
        store.put(job);
        return true;
    }

    /** Kills a running worker; its job begins anew at the next start. */
    @Override
    public void close() {
        Worker last;
        synchronized (this) {
            closed = true;
            last = running;
            notifyAll();
        }
        if (last != null) {
            last.close();
        }
        thread.interrupt();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
