package io.karu.gateway.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;

/**
 * A gateway from the built distribution in the test's JVM. Kura's API and the service interfaces
 * are the test's own classes in it, so that a test can call its services.
 */
final class StartedGateway implements AutoCloseable {

    private static final Path DISTRIBUTION = Path.of(System.getProperty("distribution"));

    private final Path home;
    private final Optional<Path> initial;
    private final Map<String, String> properties = new HashMap<>();
    private Gateway gateway;
    private Framework framework;

    private StartedGateway(Path home, Optional<Path> initial, Map<String, String> more)
            throws Exception {
        this.home = home;
        this.initial = initial;
        properties.put("org.osgi.framework.bundle.parent", "app");
        properties.put(
                "org.osgi.framework.bootdelegation",
                "org.eclipse.kura,org.eclipse.kura.*,org.osgi.service.cm,org.osgi.service.event,"
                        + "org.osgi.service.wireadmin,org.osgi.service.useradmin,org.osgi.service.deploymentadmin");
        properties.putAll(more);
        start();
    }

    static StartedGateway at(Path home) throws Exception {
        return new StartedGateway(home, Optional.empty(), Map.of());
    }

    static StartedGateway at(Path home, Map<String, String> properties) throws Exception {
        return new StartedGateway(home, Optional.empty(), properties);
    }

    static StartedGateway withInitial(Path home, Path initial) throws Exception {
        return new StartedGateway(home, Optional.of(initial), Map.of());
    }

    private void start() throws Exception {
        gateway = new Gateway(DISTRIBUTION, new Options(home, 0, initial, List.of()));
        framework = gateway.start(properties);
    }

    void restart() throws Exception {
        close();
        start();
    }

    @Override
    public void close() {
        gateway.stop();
        // of a bundle that is gone now; the next TLS of this process would ask it
        Security.removeProvider("BC");
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    <T> T service(Class<T> type) throws Exception {
        Await.until(
                type.getSimpleName() + " is there",
                () -> context().getServiceReference(type) != null);
        return context().getService(context().getServiceReference(type));
    }

    <T> Optional<T> service(Class<T> type, String filter) throws Exception {
        Collection<ServiceReference<T>> found = context().getServiceReferences(type, filter);
        return found.stream().findFirst().map(context()::getService);
    }

    /** What a probe under that pid hands out. */
    @SuppressWarnings("unchecked")
    <T> T probe(String pid) throws Exception {
        String filter = "(|(kura.service.pid=" + pid + ")(probe=" + pid + "))";
        Await.until("probe " + pid, () -> service(Supplier.class, filter).isPresent());
        return (T) service(Supplier.class, filter).orElseThrow().get();
    }

    Optional<Bundle> bundle(String symbolicName) {
        return Arrays.stream(context().getBundles())
                .filter(b -> symbolicName.equals(b.getSymbolicName()))
                .findFirst();
    }

    int stateOf(String symbolicName) {
        return bundle(symbolicName).orElseThrow().getState();
    }

    HttpResponse<String> packagesPage(String method, String query, byte[] body) throws Exception {
        HttpRequest.BodyPublisher content =
                body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofByteArray(body);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create(address() + "/system/console/packages" + query))
                                .method(method, content)
                                .header("Content-Type", "application/octet-stream")
                                .header("Authorization", authorization("admin", adminPassword()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    static String authorization(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes());
    }

    String adminPassword() throws IOException {
        return Files.readString(home.resolve("user/admin-password")).trim();
    }

    String address() throws Exception {
        String runtime = "org.osgi.service.servlet.runtime.HttpServiceRuntime";
        Await.until("web server", () -> endpoint(runtime).isPresent());
        return endpoint(runtime).orElseThrow().replaceFirst("/$", "");
    }

    private Optional<String> endpoint(String runtime) {
        ServiceReference<?> reference = context().getServiceReference(runtime);
        Object endpoints = reference == null ? null : reference.getProperty("osgi.http.endpoint");
        return endpoints instanceof String[] all
                ? Arrays.stream(all).findFirst()
                : Optional.empty();
    }
}
