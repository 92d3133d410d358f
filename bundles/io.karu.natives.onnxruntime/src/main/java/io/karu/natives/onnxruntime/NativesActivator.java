package io.karu.natives.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.io.IOException;
import java.net.URL;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Hashtable;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads ONNX Runtime once per JVM and then registers its {@link OrtEnvironment} as a service:
 * whoever has the service may use the native code. The libraries are unpacked to {@code
 * karu/natives} below Kura's data directory, so that no run leaves temporary files behind.
 *
 * <p>A JVM can load the libraries only once. A second generation of this bundle in the same JVM
 * registers nothing and asks for a restart.
 */
public final class NativesActivator implements BundleActivator {
    /** Read by ONNX Runtime: the folder of its libraries. */
    private static final String NATIVE_PATH = "onnxruntime.native.path";

    /** Set for the life of the JVM by the first generation that loaded the libraries. */
    private static final String LOADED_BY = "io.karu.natives.onnxruntime.loaded";

    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(NativesActivator.class);
    private static OrtEnvironment loaded;

    private final Object lock = new Object();
    private boolean stopped;
    private ServiceRegistration<OrtEnvironment> registration;

    @Override
    public void start(BundleContext context) {
        Thread loader = new Thread(() -> provide(context), "karu-natives-onnxruntime");
        loader.setDaemon(true);
        loader.start();
    }

    @Override
    public void stop(BundleContext context) {
        synchronized (lock) {
            stopped = true;
            lock.notifyAll();
            if (registration != null) {
                registration.unregister();
                registration = null;
            }
        }
    }

    private void provide(BundleContext context) {
        try {
            while (!provided(context)) {
                synchronized (lock) {
                    lock.wait(RETRY.toMillis());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (LinkageError | RuntimeException e) {
            LOG.error("ONNX Runtime cannot be loaded, no model can run: {}", e.getMessage(), e);
        }
    }

    /** Whether there is nothing more to do; a disk that refuses is tried again. */
    private boolean provided(BundleContext context) {
        OrtEnvironment environment;
        try {
            environment = load(context);
        } catch (IOException e) {
            LOG.error(
                    "ONNX Runtime cannot be unpacked, tried again in {} s: {}",
                    RETRY.toSeconds(),
                    e.toString());
            return isStopped();
        }
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("version", environment.getVersion());
        synchronized (lock) {
            if (!stopped) {
                registration =
                        context.registerService(OrtEnvironment.class, environment, properties);
            }
        }
        return true;
    }

    private boolean isStopped() {
        synchronized (lock) {
            return stopped;
        }
    }

    private static synchronized OrtEnvironment load(BundleContext context) throws IOException {
        if (loaded == null) {
            String before = System.getProperty(LOADED_BY);
            if (before != null) {
                throw new IllegalStateException(
                        "this JVM already loaded it for "
                                + before
                                + "; restart the gateway to use "
                                + context.getBundle());
            }
            Path folder = LibraryFolder.unpack(base(context), libraries(context));
            System.setProperty(NATIVE_PATH, folder.toString());
            System.setProperty(LOADED_BY, context.getBundle() + " from " + folder);
            loaded = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "karu");
            removeLitter();
            LOG.info("ONNX Runtime {} loaded from {}", loaded.getVersion(), folder);
        }
        return loaded;
    }

    /**
     * ONNX Runtime makes a temporary folder even when it needs none, and removes it only at a clean
     * exit.
     */
    private static void removeLitter() {
        Instant old = Instant.now().minus(Duration.ofMinutes(10));
        try (DirectoryStream<Path> folders =
                Files.newDirectoryStream(
                        Path.of(System.getProperty("java.io.tmpdir")), "onnxruntime-java*")) {
            for (Path folder : folders) {
                if (Files.getLastModifiedTime(folder).toInstant().isBefore(old)) {
                    Files.deleteIfExists(folder);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("some temporary folders stay: {}", e.getMessage());
        }
    }

    private static Map<String, URL> libraries(BundleContext context) {
        Map<String, URL> libraries = new TreeMap<>();
        for (String folder :
                Collections.list(context.getBundle().getEntryPaths("ai/onnxruntime/native"))) {
            for (String path : Collections.list(context.getBundle().getEntryPaths(folder))) {
                libraries.put(
                        path.substring(path.lastIndexOf('/') + 1),
                        context.getBundle().getEntry(path));
            }
        }
        return libraries;
    }

    /**
     * Where libraries may lie: below Kura's data directory, which the start script or the framework
     * names in one of these properties; without one, in a folder of this user below the temporary
     * directory.
     */
    static Path base(BundleContext context) throws IOException {
        String data = context.getProperty("kura.data");
        String home = context.getProperty("kura.home");
        String packages = context.getProperty("dpa.configuration");
        if (data == null && home != null) {
            data = Path.of(home, "data").toString();
        }
        if (data == null && packages != null && Path.of(packages).getNameCount() > 2) {
            data = Path.of(packages).getParent().resolveSibling("data").toString();
        }
        if (data != null && writable(Path.of(data))) {
            return Path.of(data, "karu", "natives");
        }
        return ownTemporaryFolder();
    }

    private static boolean writable(Path folder) {
        try {
            Files.createDirectories(folder);
            return Files.isWritable(folder);
        } catch (IOException e) {
            LOG.warn("{} cannot be used for libraries: {}", folder, e.getMessage());
            return false;
        }
    }

    private static Path ownTemporaryFolder() throws IOException {
        String user = System.getProperty("user.name");
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "karu-natives-" + user);
        var onlyOwner = PosixFilePermissions.fromString("rwx------");
        if (!Files.exists(folder)) {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(onlyOwner));
        }
        boolean ours =
                Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                        && Files.getOwner(folder).getName().equals(user)
                        && Files.getPosixFilePermissions(folder).equals(onlyOwner);
        return ours ? folder : Files.createTempDirectory("karu-natives-");
    }
}
