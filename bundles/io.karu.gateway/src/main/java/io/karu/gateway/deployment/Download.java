package io.karu.gateway.deployment;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * One file fetched over HTTP as Kura does it: progress in steps, no resumption, the JVM's trust
 * store for https, a read timeout of 6 s. Run by one thread; {@link #cancel} and {@link #progress}
 * may be called by others.
 */
final class Download {

    private static final int READ_MILLIS = 6_000;
    private static final int MOST_REDIRECTS = 20;
    private static final int DEFAULT_BLOCK = 4_096;
    private static final int DEFAULT_STEP = 256 * 1024;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303);

    enum Status {
        IN_PROGRESS,
        COMPLETED,
        FAILED,
        CANCELLED
    }

    /**
     * How far it is: {@code size} −1 and {@code percent} 50 when the server does not tell the
     * length.
     */
    record Progress(int index, int size, int percent, Status status, String error) {}

    /** Told about every step. */
    interface Listener {
        void progressed(Progress progress);
    }

    private final DownloadRequest request;
    private final int index;
    private final Listener listener;
    private volatile FutureTask<Void> copying;
    private volatile boolean cancelled;
    private volatile int size;
    private volatile long received;
    private volatile Status status = Status.IN_PROGRESS;

    /**
     * @param index 0 for the package, 1 for its verifier
     */
    Download(DownloadRequest request, int index, Listener listener) {
        this.request = request;
        this.index = index;
        this.listener = listener;
    }

    /**
     * Fetches {@code address} and checks it against the request's hash; the file is deleted when
     * they differ, and left behind truncated when the network fails, as on Kura.
     *
     * @throws CancellationException after {@link #cancel}
     */
    void run(String address, Path file) throws IOException {
        if (!request.protocol().equals("HTTP")) {
            throw new IOException(
                    "dp.download.protocol is '" + request.protocol() + "'; Kura knows only HTTP");
        }
        boolean authenticates = request.credentials().given();
        if (authenticates) {
            Authenticator.setDefault(authenticator(request.credentials()));
        }
        try {
            awaitCopy(address, file);
        } catch (IOException e) {
            tell(Status.FAILED, e.getMessage());
            throw e;
        } finally {
            if (authenticates) {
                Authenticator.setDefault(null);
            }
        }
        if (request.hash() != null) {
            verify(file);
        }
    }

    Progress progress() {
        return new Progress(index, size, percent(), status, null);
    }

    /**
     * Ends {@link #run} at once; the thread that reads from the network follows when its read
     * returns.
     */
    void cancel() {
        cancelled = true;
        FutureTask<Void> running = copying;
        if (running != null) {
            running.cancel(true);
        }
        tell(Status.CANCELLED, "Download cancelled");
    }

    private void awaitCopy(String address, Path file) throws IOException {
        FutureTask<Void> task =
                new FutureTask<>(
                        () -> {
                            copy(address, file);
                            return null;
                        });
        copying = task;
        stopIfCancelled();
        Thread reader = new Thread(task, "karu-download");
        reader.setDaemon(true);
        reader.start();
        try {
            task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw new IOException("The gateway is stopping", e);
        }
    }

    private void copy(String address, Path file) throws IOException {
        URLConnection connection = connect(address, MOST_REDIRECTS);
        try (InputStream from = connection.getInputStream();
                OutputStream to = Files.newOutputStream(file)) {
            String length = connection.getHeaderField("Content-Length");
            size = length == null ? -1 : Integer.parseInt(length);
            tell(Status.IN_PROGRESS, null);
            byte[] block = new byte[blockSize()];
            long step = step();
            long told = 1;
            for (int count = from.read(block); count >= 0; count = from.read(block)) {
                stopIfCancelled();
                to.write(block, 0, count);
                received += count;
                if (received >= told * step) {
                    told++;
                    tell(Status.IN_PROGRESS, null);
                }
                pause();
            }
        }
        stopIfCancelled();
        tell(Status.COMPLETED, null);
    }

    private URLConnection connect(String address, int redirects) throws IOException {
        if (!(new URL(address).openConnection() instanceof HttpURLConnection connection)) {
            throw new IOException("The request URL is not supported");
        }
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(request.pace().connectTimeout());
        connection.setReadTimeout(READ_MILLIS);
        if (!REDIRECTS.contains(connection.getResponseCode())) {
            return connection;
        }
        String location = connection.getHeaderField("Location");
        if (location == null || location.isEmpty() || redirects == 0) {
            throw new IOException(address + " redirects to nowhere or without end");
        }
        return connect(location, redirects - 1);
    }

    private int blockSize() {
        int wanted = request.pace().blockSize();
        if (wanted > 0) {
            return wanted;
        }
        return size > 0 ? Math.round(size / 100F + 1F) : DEFAULT_BLOCK;
    }

    private long step() {
        int wanted = request.pace().notifyBlockSize();
        if (wanted > 0) {
            return wanted;
        }
        return size > 0 ? Math.round(size / 100F * 5F) : DEFAULT_STEP;
    }

    private void pause() throws IOException {
        int millis = request.pace().blockDelay();
        if (millis <= 0) {
            return;
        }
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The gateway is stopping", e);
        }
    }

    private void verify(Path file) throws IOException {
        String[] algorithmAndValue = request.hash().split(":", -1);
        try {
            if (algorithmAndValue.length != 2) {
                throw new IOException("dp.download.hash is not of the form ALGORITHM:hex");
            }
            String computed = digest(algorithmAndValue[0].strip(), file);
            if (!computed.equals(algorithmAndValue[1].strip())) {
                throw new IOException(
                        "The file's "
                                + algorithmAndValue[0]
                                + " is "
                                + computed
                                + ", not "
                                + algorithmAndValue[1]);
            }
        } catch (NoSuchAlgorithmException e) {
            Files.deleteIfExists(file);
            throw new IOException("Java does not know the hash algorithm of dp.download.hash", e);
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private static String digest(String algorithm, Path file)
            throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance(algorithm);
        byte[] block = new byte[DEFAULT_BLOCK];
        try (InputStream from = Files.newInputStream(file)) {
            for (int count = from.read(block); count >= 0; count = from.read(block)) {
                digest.update(block, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void stopIfCancelled() {
        if (cancelled) {
            throw new CancellationException();
        }
    }

    private int percent() {
        return size < 0 ? 50 : size == 0 ? 0 : (int) (received * 100 / size);
    }

    private void tell(Status now, String error) {
        status = now;
        listener.progressed(new Progress(index, size, percent(), now, error));
    }

    private static Authenticator authenticator(DownloadRequest.Credentials credentials) {
        return new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(
                        credentials.username(), credentials.password().toCharArray());
            }
        };
    }
}
