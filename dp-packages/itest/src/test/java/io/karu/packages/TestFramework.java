package io.karu.packages;

import io.karu.kura.deployment.DeploymentPackage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * A running framework with what a gateway has before any package of ours: fresh at each start, as
 * Kura's is.
 */
final class TestFramework implements AutoCloseable {

    /** Where the packages must work. */
    enum Kind {
        /** Apache Felix with the bundles of the development gateway. */
        DEVELOPMENT_GATEWAY(DISTRIBUTION.resolve("lib/org.apache.felix.framework.jar")),
        /** Equinox 3.16.0 with SCR 2.1.16 and slf4j 1.7, as Kura 5.6. */
        EQUINOX(EQUINOX_FOLDER.resolve("framework.jar"));

        private final Path framework;

        Kind(Path framework) {
            this.framework = framework;
        }
    }

    private static final Path DISTRIBUTION = Path.of("../dev-gateway/target/dev-gateway");
    private static final Path EQUINOX_FOLDER = Path.of("target/equinox");
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    /**
     * What Kura 5.6 has in other versions, and what is not Kura's but of the development gateway.
     */
    private static final List<String> NOT_ON_EQUINOX =
            List.of(
                    "ch.qos.logback",
                    "io.karu.gateway",
                    "logback",
                    "org.apache.aries.spifly",
                    "org.apache.felix.http.jetty12",
                    "org.apache.felix.inventory",
                    "org.apache.felix.log",
                    "org.apache.felix.scr",
                    "org.apache.felix.webconsole",
                    "org.osgi.service.component",
                    "slf4j");

    private final URLClassLoader loader;
    private final Framework framework;
    private final Set<String> stopped = new ConcurrentSkipListSet<>();

    private TestFramework(URLClassLoader loader, Framework framework) {
        this.loader = loader;
        this.framework = framework;
    }

    /** Starts a framework whose home is this folder. */
    static TestFramework start(Kind kind, Path home) throws IOException, BundleException {
        return start(kind, home, Map.of(), jars(kind));
    }

    /** Starts Felix with nothing but itself and these properties. */
    static TestFramework bare(Path home, Map<String, String> properties)
            throws IOException, BundleException {
        return start(Kind.DEVELOPMENT_GATEWAY, home, properties, List.of());
    }

    private static TestFramework start(
            Kind kind, Path home, Map<String, String> more, List<Path> jars)
            throws IOException, BundleException {
        for (final String folder :
                List.of("data", "packages", "user/snapshots", "user/security", "tmp")) {
            Files.createDirectories(home.resolve(folder));
        }
        URL jar = kind.framework.toAbsolutePath().normalize().toUri().toURL();
        URLClassLoader loader =
                new URLClassLoader(new URL[] {jar}, TestFramework.class.getClassLoader());
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, home.resolve("tmp/framework").toString());
        properties.put(
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, "5");
        properties.put("felix.log.level", "1");
        properties.put("osgi.framework.useSystemProperties", "false");
        properties.put("org.apache.felix.http.host", "127.0.0.1");
        properties.put("org.osgi.service.http.port", "0");
        properties.put("kura.home", home.toString());
        properties.put("dpa.configuration", home.resolve("packages/dpa.properties").toString());
        properties.putAll(more);
        Framework framework =
                ServiceLoader.load(FrameworkFactory.class, loader)
                        .findFirst()
                        .orElseThrow()
                        .newFramework(properties);
        TestFramework started = new TestFramework(loader, framework);
        framework.init();
        BundleContext context = framework.getBundleContext();
        framework.adapt(FrameworkStartLevel.class).setInitialBundleStartLevel(5);
        context.addBundleListener((SynchronousBundleListener) started::onBundleEvent);
        for (final Path file : jars) {
            Bundle bundle =
                    context.installBundle(
                            "reference:" + file.toUri().toString().replace("file:///", "file:/"));
            bundle.adapt(BundleStartLevel.class).setStartLevel(4);
            if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
        framework.start();
        started.awaitStarted();
        return started;
    }

    /** What the gateway itself consists of runs. */
    private void awaitStarted() {
        Supplier<List<String>> waiting =
                () ->
                        Arrays.stream(context().getBundles())
                                .filter(b -> b.getHeaders("").get(Constants.FRAGMENT_HOST) == null)
                                .filter(b -> b.getState() != Bundle.ACTIVE)
                                .map(b -> b.getSymbolicName() + " (" + reason(b) + ")")
                                .toList();
        await(() -> waiting.get().isEmpty(), () -> "not ACTIVE: " + waiting.get());
    }

    private static List<Path> jars(Kind kind) throws IOException {
        List<Path> jars = new ArrayList<>();
        for (int level = 1; level <= 6; level++) {
            list(DISTRIBUTION.resolve("bundles/" + level), jars);
        }
        if (kind == Kind.EQUINOX) {
            jars.removeIf(
                    jar ->
                            NOT_ON_EQUINOX.stream()
                                    .anyMatch(jar.getFileName().toString()::startsWith));
            list(EQUINOX_FOLDER.resolve("bundles"), jars);
        }
        jars.sort(Comparator.naturalOrder());
        return jars;
    }

    private static void list(Path folder, List<Path> jars) throws IOException {
        try (Stream<Path> files = Files.list(folder.toAbsolutePath().normalize())) {
            files.filter(file -> file.toString().endsWith(".jar")).forEach(jars::add);
        }
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** Installs or upgrades a package through DeploymentAdmin. */
    void install(DeploymentPackage deploymentPackage) {
        Object admin = service("org.osgi.service.deploymentadmin.DeploymentAdmin");
        try {
            admin.getClass()
                    .getMethod("installDeploymentPackage", InputStream.class)
                    .invoke(admin, new ByteArrayInputStream(deploymentPackage.toBytes()));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(
                    deploymentPackage.fileName() + " is not installed", e.getCause());
        }
    }

    /** Removes a package, and with a refresh whatever others still use of it. */
    void uninstall(DeploymentPackage deploymentPackage) {
        Object admin = service("org.osgi.service.deploymentadmin.DeploymentAdmin");
        try {
            Object installed =
                    admin.getClass()
                            .getMethod("getDeploymentPackage", String.class)
                            .invoke(admin, deploymentPackage.symbolicName());
            installed.getClass().getMethod("uninstall").invoke(installed);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(deploymentPackage.symbolicName() + " stays", e.getCause());
        }
        CountDownLatch refreshed = new CountDownLatch(1);
        framework.adapt(FrameworkWiring.class).refreshBundles(null, event -> refreshed.countDown());
        await(() -> refreshed.getCount() == 0, () -> "no end of the refresh");
    }

    /** Waits until every bundle of these packages is ACTIVE in its version; says why one is not. */
    void awaitActive(List<DeploymentPackage> packages) {
        Set<String> expected =
                packages.stream()
                        .flatMap(p -> p.bundles().stream())
                        .map(bundle -> bundle.symbolicName() + " " + bundle.version())
                        .collect(Collectors.toCollection(TreeSet::new));
        await(() -> active().containsAll(expected), () -> reasons(expected));
    }

    private Set<String> active() {
        return Arrays.stream(context().getBundles())
                .filter(bundle -> bundle.getState() == Bundle.ACTIVE)
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion())
                .collect(Collectors.toSet());
    }

    private String reasons(Set<String> expected) {
        Set<String> missing = new TreeSet<>(expected);
        missing.removeAll(active());
        StringBuilder reasons = new StringBuilder("not ACTIVE: ");
        for (final String name : missing) {
            reasons.append(name);
            for (final Bundle bundle : context().getBundles()) {
                if (name.startsWith(bundle.getSymbolicName() + " ")) {
                    reasons.append(" (").append(reason(bundle)).append(")");
                }
            }
            reasons.append("; ");
        }
        return reasons.toString();
    }

    private static String reason(Bundle bundle) {
        try {
            int state = bundle.getState();
            bundle.start();
            return "state " + state + ", but starts by hand";
        } catch (BundleException e) {
            return e.getMessage();
        }
    }

    /** How many components SCR knows of the bundle of this name; it ignores what it cannot read. */
    int components(String symbolicName) {
        Object runtime = service("org.osgi.service.component.runtime.ServiceComponentRuntime");
        Bundle[] bundles =
                Arrays.stream(context().getBundles())
                        .filter(bundle -> bundle.getSymbolicName().equals(symbolicName))
                        .toArray(Bundle[]::new);
        try {
            Object descriptions =
                    runtime.getClass()
                            .getMethod("getComponentDescriptionDTOs", Bundle[].class)
                            .invoke(runtime, (Object) bundles);
            return ((Collection<?>) descriptions).size();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(symbolicName, e);
        }
    }

    /** The symbolic names of the bundles that have stopped since the last call. */
    Set<String> stoppedSince() {
        Set<String> names = new TreeSet<>(stopped);
        stopped.clear();
        return names;
    }

    private void onBundleEvent(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPED) {
            stopped.add(event.getBundle().getSymbolicName());
        }
    }

    private Object service(String type) {
        await(() -> context().getServiceReference(type) != null, () -> "no " + type);
        ServiceReference<?> reference = context().getServiceReference(type);
        return context().getService(reference);
    }

    private static void await(Supplier<Boolean> condition, Supplier<String> reason) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(reason.get());
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() throws Exception {
        framework.stop();
        framework.waitForStop(DEADLINE.toMillis());
        loader.close();
    }
}
