package io.karu.gateway.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;

/**
 * The framework with Kura's start levels: {@code bundles/1} to {@code 3} the framework's services,
 * {@code 4} Kura's core, {@code 5} web servers (deployment packages run at 5 as well), {@code 6}
 * the web console. The framework's cache, with it every bundle's data area, is wiped at each start,
 * as Kura's {@code osgi.clean=true} does.
 */
final class Gateway {

    private static final int TOP_LEVEL = 6;
    private static final int PACKAGE_LEVEL = 5;
    private static final long STOP_MILLIS = 60_000;

    private static final String HOST = "127.0.0.1";

    /**
     * Held, so that its level lasts: it tells each provider that it finds before the log is
     * configured.
     */
    private static final Logger SPIFLY = Logger.getLogger("org.apache.aries.spifly");

    private final Path distribution;
    private final Options options;
    private FileChannel lock;
    private Framework framework;

    Gateway(Path distribution, Options options) {
        this.distribution = distribution;
        this.options = options;
    }

    /** Returns when the framework has stopped. */
    void run() throws BundleException, IOException, InterruptedException {
        start(Map.of());
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-gateway"));
        FrameworkEvent end;
        do {
            end = framework.waitForStop(0);
        } while (end.getType() == FrameworkEvent.STOPPED_UPDATE);
    }

    /**
     * Returns when the framework is at its top start level; packages are installed again from then
     * on.
     */
    Framework start(Map<String, String> more) throws BundleException, IOException {
        for (String directory :
                List.of("data", "packages", "user/snapshots", "user/security", "log", "tmp")) {
            Files.createDirectories(options.home().resolve(directory));
        }
        lock();
        checkPort();
        System.setProperty("kura.home", options.home().toString());
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty(
                    "logback.configurationFile", distribution.resolve("logback.xml").toString());
        }
        SPIFLY.setLevel(Level.WARNING);
        Map<String, String> properties = properties();
        properties.putAll(more);
        framework =
                ServiceLoader.load(FrameworkFactory.class)
                        .findFirst()
                        .orElseThrow()
                        .newFramework(properties);
        framework.init();
        BundleContext context = framework.getBundleContext();
        context.getBundle()
                .adapt(FrameworkStartLevel.class)
                .setInitialBundleStartLevel(PACKAGE_LEVEL);
        for (int level = 1; level <= TOP_LEVEL; level++) {
            install(context, level);
        }
        framework.start();
        return framework;
    }

    /** Felix's own lock lies in the cache, and goes with it. */
    private void lock() throws IOException {
        lock =
                FileChannel.open(
                        options.home().resolve("tmp/gateway.lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            throw new IOException("another gateway runs in this home");
        }
    }

    private void checkPort() throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(HOST, options.httpPort()));
        } catch (BindException e) {
            throw new IOException(
                    "port "
                            + options.httpPort()
                            + " on "
                            + HOST
                            + " is in use; choose another --http-port");
        }
    }

    private Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        properties.put(
                Constants.FRAMEWORK_STORAGE, options.home().resolve("tmp/framework").toString());
        properties.put(
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(TOP_LEVEL));
        properties.put("felix.log.level", "1");
        properties.put("kura.home", options.home().toString());
        properties.put(
                "dpa.configuration", options.home().resolve("packages/dpa.properties").toString());
        properties.put("org.apache.felix.http.host", HOST);
        properties.put("org.osgi.service.http.port", Integer.toString(options.httpPort()));
        properties.put("org.apache.felix.http.jetty.threadpool.max", "16");
        properties.put("org.apache.felix.http.jetty.sendServerHeader", "false");
        properties.put("felix.webconsole.security.providers", "io.karu.gateway");
        options.initial()
                .ifPresent(file -> properties.put("io.karu.gateway.initial", file.toString()));
        return properties;
    }

    private void install(BundleContext context, int level) throws BundleException, IOException {
        Path directory = distribution.resolve("bundles").resolve(Integer.toString(level));
        List<Path> jars;
        try (Stream<Path> files = Files.list(directory)) {
            jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path jar : jars) {
            Bundle bundle = context.installBundle("reference:" + jar.toUri());
            bundle.adapt(BundleStartLevel.class).setStartLevel(level);
            if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
    }

    void stop() {
        try {
            framework.stop();
            framework.waitForStop(STOP_MILLIS);
            lock.close();
        } catch (BundleException | IOException e) {
            System.err.println("gateway: stop failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
