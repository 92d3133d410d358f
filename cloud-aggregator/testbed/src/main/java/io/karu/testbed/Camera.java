package io.karu.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A line's camera: puts numbered boards into a station's folder at a steady rate, as {@code
 * <number>_temp.<ext>} and then {@code <number>_test.<ext>}, renamed into place when whole. The
 * next number survives a restart, so no frame id is used twice. It pauses while more than {@value
 * #BACKLOG} boards wait: a camera with a full buffer does not overwrite it.
 */
public final class Camera implements AutoCloseable {
    private static final int BACKLOG = 64;

    /** Where boards come from. */
    public interface Boards {
        /** Board of that number, counted from 0. */
        Board board(long number) throws IOException;
    }

    /**
     * One board.
     *
     * @param name what a person calls it; part of the file name
     * @param extension file name extension of both images, without the dot
     */
    public record Board(String name, byte[] test, byte[] template, String extension) {}

    private final Path folder;
    private final Path counter;
    private final Boards boards;
    private final Duration interval;
    private final Consumer<String> log;
    private final AtomicLong offered = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private boolean closed;
    private long limit = Long.MAX_VALUE;

    private Camera(
            Path folder, Path counter, Boards boards, Duration interval, Consumer<String> log) {
        this.log = log;
        this.folder = folder;
        this.counter = counter;
        this.boards = boards;
        this.interval = interval;
        this.thread = new Thread(this::run, "karu-camera-" + folder.getFileName());
        thread.setDaemon(true);
    }

    /**
     * Starts a camera on a station's folder.
     *
     * @param counter file that keeps the next board's number
     * @param log told the file name of each image right before it appears in the folder
     */
    public static Camera start(
            Path folder, Path counter, Boards boards, Duration interval, Consumer<String> log)
            throws IOException {
        Files.createDirectories(folder);
        Camera camera = new Camera(folder, counter, boards, interval, log);
        camera.thread.start();
        return camera;
    }

    /** Boards offered since this camera was started. */
    public long offered() {
        return offered.get();
    }

    private void run() {
        try {
            long number =
                    Files.exists(counter) ? Long.parseLong(Files.readString(counter).trim()) : 0;
            long due = System.nanoTime();
            while (pause(due)) {
                if (backlog() > BACKLOG) {
                    due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
                    continue;
                }
                offer(number++);
                due = Math.max(due + interval.toNanos(), System.nanoTime() - interval.toNanos());
            }
        } catch (IOException e) {
            System.err.println("karu: camera of " + folder + " stopped: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void offer(long number) throws IOException {
        Board board = boards.board(number);
        String id = String.format("%08d-%s", number, board.name());
        Files.writeString(counter, Long.toString(number + 1));
        put(id + "_temp." + board.extension(), board.template());
        log.accept(id + "_test." + board.extension());
        put(id + "_test." + board.extension(), board.test());
        offered.incrementAndGet();
    }

    private void put(String name, byte[] content) throws IOException {
        Path partial = folder.resolve("." + name + ".part");
        Files.write(partial, content);
        Files.move(partial, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private long backlog() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().contains("_test.")).count();
        }
    }

    private boolean pause(long until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                long wait = until - System.nanoTime();
                if (wait <= 0 && offered.get() < limit) {
                    return true;
                }
                changed.awaitNanos(wait <= 0 ? TimeUnit.SECONDS.toNanos(1) : wait);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Offers no board beyond that many since the start. */
    public void stopAfter(long boardsSinceStart) {
        lock.lock();
        try {
            limit = boardsSinceStart;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws InterruptedException {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.join(TimeUnit.SECONDS.toMillis(10));
    }
}
