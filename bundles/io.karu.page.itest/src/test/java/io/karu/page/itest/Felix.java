package io.karu.page.itest;

import static org.junit.jupiter.api.Assertions.fail;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Apache Felix with declarative services and the HTTP whiteboard on a free port; contracts and
 * Kura's API come from the test's own class path.
 */
final class Felix implements AutoCloseable {
    private static final Path BUNDLES = Path.of("target", "bundles");
    private static final String SHARED =
            String.join(
                    ",",
                    "io.karu.api.evidence;version=1.0.0",
                    "io.karu.api.inference;version=1.0.0",
                    "io.karu.api.inspection;version=1.0.0",
                    "io.karu.api.model;version=1.0.0",
                    "io.karu.api.sample;version=1.0.0",
                    "io.karu.api.uplink;version=1.0.0",
                    "org.eclipse.kura;version=1.7.0",
                    "org.eclipse.kura.cloudconnection.listener;version=1.0.0",
                    "org.eclipse.kura.cloudconnection.message;version=1.0.0",
                    "org.eclipse.kura.cloudconnection.publisher;version=1.0.0",
                    "org.eclipse.kura.cloudconnection.request;version=1.0.0",
                    "org.eclipse.kura.configuration;version=1.2.0",
                    "org.eclipse.kura.crypto;version=1.3.0",
                    "org.eclipse.kura.identity;version=1.0.0",
                    "org.eclipse.kura.message;version=1.5.0",
                    "org.eclipse.kura.ssl;version=2.1.0",
                    "org.eclipse.kura.system;version=1.7.0",
                    "org.osgi.service.cm;version=1.6.1",
                    "org.slf4j;version=2.0.20",
                    "org.slf4j.spi;version=2.0.20",
                    "org.slf4j.helpers;version=2.0.20",
                    "org.slf4j.event;version=2.0.20");

    /** Also on the test's class path, hence invisible to a search that asks for its class. */
    private static final String HTTP_RUNTIME =
            "org.osgi.service.servlet.runtime.HttpServiceRuntime";

    private final Framework framework;

    Felix(Path home) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, home.resolve("cache").toString());
        properties.put(
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SHARED);
        properties.put("org.osgi.service.http.port", "0");
        properties.put("org.apache.felix.http.host", "127.0.0.1");
        framework = new FrameworkFactory().newFramework(properties);
        framework.start();
        List<Bundle> platform = new ArrayList<>();
        for (String name :
                new String[] {
                    "org.osgi.util.function",
                    "org.osgi.util.promise",
                    "org.osgi.service.component",
                    "org.osgi.service.event",
                    "org.apache.felix.configadmin",
                    "org.apache.felix.scr",
                    "gson",
                    "commons-io",
                    "commons-fileupload",
                    "org.apache.felix.http.servlet-api",
                    "org.apache.felix.http.wrappers",
                    "org.apache.felix.http.jetty12"
                }) {
            platform.add(install(name));
        }
        for (Bundle bundle : platform) {
            bundle.start();
        }
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    private Bundle install(String name) throws Exception {
        return context().installBundle(BUNDLES.resolve(name + ".jar").toUri().toString());
    }

    Bundle start(String name) throws Exception {
        Bundle bundle = install(name);
        bundle.start();
        return bundle;
    }

    /** As Kura's configuration service does for a component whose metatype it finds. */
    void configure(String pid) throws Exception {
        Hashtable<String, Object> properties = new Hashtable<>(Map.of("kura.service.pid", pid));
        service(ConfigurationAdmin.class).getConfiguration(pid, "?").update(properties);
    }

    /** Where the HTTP service listens. */
    URI http() throws Exception {
        return await(
                "the HTTP service",
                () -> {
                    ServiceReference<?> runtime =
                            context().getAllServiceReferences(HTTP_RUNTIME, null)[0];
                    Object endpoints = runtime.getProperty("osgi.http.endpoint");
                    return Arrays.stream((String[]) endpoints)
                            .filter(endpoint -> endpoint.startsWith("http://127."))
                            .map(URI::create)
                            .findFirst()
                            .orElse(null);
                });
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
