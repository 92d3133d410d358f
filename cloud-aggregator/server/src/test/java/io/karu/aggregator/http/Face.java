package io.karu.aggregator.http;

import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.CertificateLives;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.identity.GatewayNaming;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.registry.ModelAliases;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.registry.RegisteredModels;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.rollout.RolloutService;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.trace.Tracing;
import io.karu.aggregator.verdict.VerdictStore;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** The HTTP server over a real database, without the services behind it. */
final class Face implements AutoCloseable {
    final Database database;
    final People people;
    final Audit audit;
    final GatewayIdentities identities;
    final String password;
    final String token;
    final HttpServer server;
    final EventBus events = new EventBus();
    private final HttpClient client;

    Face(Path folder) throws IOException {
        this(folder, HttpSettings.loopback(0), HttpClient.newBuilder());
    }

    /** With a registry that works. */
    Face(Path folder, RegistryOf registry) throws IOException {
        this(folder, HttpSettings.loopback(0), HttpClient.newBuilder(), registry, Optional.empty());
    }

    Face(Path folder, HttpSettings settings, HttpClient.Builder client) throws IOException {
        this(folder, settings, client, Optional.empty());
    }

    Face(Path folder, HttpSettings settings, HttpClient.Builder client, Optional<Oidc> oidc)
            throws IOException {
        this(
                folder,
                settings,
                client,
                (database, events) ->
                        new Registry(
                                absent(ModelRegistry.class),
                                absent(RegisteredModels.class),
                                absent(ModelAliases.class),
                                absent(ModelReports.class),
                                null,
                                null,
                                null,
                                null,
                                null,
                                null),
                oidc);
    }

    /** Makes a registry. */
    interface RegistryOf {
        Registry make(Database database, EventBus events) throws IOException;
    }

    private Face(
            Path folder,
            HttpSettings settings,
            HttpClient.Builder client,
            RegistryOf registry,
            Optional<Oidc> oidc)
            throws IOException {
        this.client = client.cookieHandler(new CookieManager()).build();
        database =
                Database.open(
                        new DatabaseAddress(
                                "jdbc:h2:mem:"
                                        + folder.getFileName()
                                        + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;DB_CLOSE_DELAY=-1",
                                "",
                                ""));
        people = new People(database.jdbi());
        audit = new Audit(database.jdbi(), events, Clock.systemUTC());
        Authority authority = new Authority(folder.resolve("authority"));
        identities =
                new GatewayIdentities(
                        authority,
                        authority,
                        new GatewayIdentities.Parts(
                                database,
                                events,
                                "karu",
                                GatewayNaming.own("karu"),
                                List.of(),
                                CertificateLives.DEFAULT,
                                List::of,
                                gateway -> Optional.empty()));
        password = people.createFirst().orElseThrow();
        Path tokenFile = folder.resolve("security/api-token");
        people.provideLocalToken(tokenFile);
        token = Files.readString(tokenFile).strip();
        server =
                HttpServer.start(
                        settings,
                        new Services(
                                absent(FleetService.class),
                                absent(ConfigurationService.class),
                                absent(PackageRepository.class),
                                absent(DeploymentService.class),
                                absent(RolloutService.class),
                                null,
                                registry.make(database, events),
                                absent(VerdictStore.class),
                                absent(BlobStore.class),
                                events,
                                people,
                                oidc,
                                audit,
                                identities,
                                (gateway, newKey) -> identities.get(gateway),
                                new Services.About("test", "karu", "mqtt://127.0.0.1:1883"),
                                List.of(
                                        new Services.Check(
                                                "database",
                                                database::answers,
                                                "the database does not answer")),
                                new Metrics(),
                                Tracing.off(),
                                zip -> zip.write(new byte[] {'P', 'K'})));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path));
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(to(path));
    }

    HttpResponse<String> post(String path, String json) throws Exception {
        return send(to(path).POST(BodyPublishers.ofString(json)));
    }

    HttpResponse<String> login(String name, String password) throws Exception {
        return post(
                "/api/v1/session", "{\"name\":\"" + name + "\",\"password\":\"" + password + "\"}");
    }

    /** Whether a route is declared as one that changes nothing though it is no GET. */
    boolean readsByPost(String route) {
        return server.access(route) == Access.QUERY;
    }

    private static <T> T absent(Class<T> service) {
        return service.cast(
                Proxy.newProxyInstance(
                        service.getClassLoader(),
                        new Class<?>[] {service},
                        (proxy, method, arguments) -> {
                            throw new IllegalStateException(
                                    method.getName() + " is not part of this test");
                        }));
    }

    @Override
    public void close() {
        server.close();
        events.close();
        database.close();
    }
}
