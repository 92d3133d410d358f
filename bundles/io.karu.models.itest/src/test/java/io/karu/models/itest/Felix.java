package io.karu.models.itest;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.FrameworkFactory;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Apache Felix with declarative services; contracts and Kura's API come from the test's own class
 * path.
 */
final class Felix implements AutoCloseable {
    private static final Path BUNDLES = Path.of("target", "bundles");
    private static final String SHARED =
            "io.karu.api.inference;version=1.0.0,io.karu.api.model;version=1.0.0,io.karu.api.uplink;version=1.0.0,"
                    + "io.karu.api.inspection;version=1.0.0,io.karu.api.sample;version=1.0.0,"
                    + "org.eclipse.kura;version=1.7.0,org.eclipse.kura.system;version=1.7.0,"
                    + "org.eclipse.kura.configuration;version=1.2.0,org.eclipse.kura.ai.inference;version=1.0.0,"
                    + "org.osgi.service.cm;version=1.6.1,org.slf4j;version=2.0.20";

    private final Framework framework;

    /**
     * @param data Kura's data directory
     */
    Felix(Path home, Path data) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, home.resolve("cache").toString());
        properties.put(
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SHARED);
        properties.put("kura.data", data.toString());
        framework = new FrameworkFactory().newFramework(properties);
        framework.start();
        SystemService system = SystemServices.withData(data);
        context().registerService(SystemService.class, system, new Hashtable<>());
        for (String platform :
                new String[] {
                    "org.osgi.util.function",
                    "org.osgi.util.promise",
                    "org.osgi.service.component",
                    "org.osgi.service.event",
                    "org.apache.felix.configadmin",
                    "org.apache.felix.scr",
                    "gson"
                }) {
            start(platform);
        }
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    Bundle install(String name) throws Exception {
        return context().installBundle(jar(name).toUri().toString());
    }

    static Path jar(String name) {
        return BUNDLES.resolve(name + ".jar");
    }

    /** Gives the bundle, and what is wired to it, its updated content. */
    void refresh(Bundle bundle) throws InterruptedException {
        CountDownLatch refreshed = new CountDownLatch(1);
        framework
                .adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> refreshed.countDown());
        if (!refreshed.await(60, TimeUnit.SECONDS)) {
            fail("the refresh of " + bundle + " takes longer than 30 s");
        }
    }

    Bundle start(String name) throws Exception {
        Bundle bundle = install(name);
        bundle.start();
        return bundle;
    }

    /** As Kura's configuration service does for a component whose metatype it finds. */
    void configure(String pid, Map<String, Object> properties) throws Exception {
        Hashtable<String, Object> all = new Hashtable<>(properties);
        all.put("kura.service.pid", pid);
        service(ConfigurationAdmin.class).getConfiguration(pid, "?").update(all);
    }

    /** The service, waiting for it. */
    <T> T service(Class<T> type) throws Exception {
        return await(
                type.getSimpleName(),
                () -> {
                    ServiceReference<T> reference = context().getServiceReference(type);
                    return reference == null ? null : context().getService(reference);
                });
    }

    /** Waits until the condition gives something; its exceptions mean "not yet". */
    static <T> T await(String what, Callable<T> condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        Throwable last = null;
        while (System.nanoTime() < end) {
            try {
                T value = condition.call();
                if (value != null) {
                    return value;
                }
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(10);
        }
        return fail("waited 120 s for " + what, last);
    }

    @Override
    public void close() throws Exception {
        framework.stop();
        framework.waitForStop(30_000);
    }
}
