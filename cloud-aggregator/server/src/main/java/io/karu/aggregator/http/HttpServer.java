package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.json.JavalinJackson;
import io.javalin.router.Endpoint;
import io.javalin.security.Roles;
import io.karu.aggregator.metrics.Metrics;
import io.karu.aggregator.security.LoginThrottle;
import io.karu.aggregator.store.Json;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.SessionHandler;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.KeyStoreScanner;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The aggregator's HTTP server. */
public final class HttpServer implements AutoCloseable {
    static final String COOKIE = "karu-session";
    private static final Duration SESSION_IDLE = Duration.ofHours(12);
    private static final long LARGEST_JSON = 1 << 20;
    private static final int THREADS = 64;

    /** Between two looks whether the server's certificate was renewed. */
    private static final int KEY_LOOK_SECONDS = 1;

    private final HttpSettings settings;
    private final Javalin javalin;
    private final LiveEvents events;

    private HttpServer(HttpSettings settings, Javalin javalin, LiveEvents events) {
        this.settings = settings;
        this.javalin = javalin;
        this.events = events;
    }

    /** Starts listening; the server answers when this returns. */
    public static HttpServer start(HttpSettings settings, Services services) {
        ObjectMapper mapper =
                Json.MAPPER.copy().setSerializationInclusion(JsonInclude.Include.NON_ABSENT);
        Guard guard = new Guard(services.people(), services.oidc(), services.audit());
        Gateways gateways = new Gateways(services.fleet(), services.about().account());
        GatewayRoutes gatewayRoutes = new GatewayRoutes(services, gateways, mapper);
        VerdictRoutes verdictRoutes = new VerdictRoutes(services, gateways);
        DeploymentRoutes deploymentRoutes = new DeploymentRoutes(services, gateways, mapper);
        RolloutRoutes rolloutRoutes = new RolloutRoutes(services, mapper);
        LiveEvents events =
                new LiveEvents(services, gatewayRoutes, verdictRoutes, rolloutRoutes, mapper);
        HttpServer[] self = new HttpServer[1];
        Javalin javalin =
                Javalin.create(
                        config -> {
                            configure(config, settings, mapper);
                            new RequestTrace(services.tracing()).install(config.routes);
                            config.routes.before(SecurityHeaders::set);
                            config.routes.beforeMatched(guard::check);
                            config.routes.afterMatched(guard::ended);
                            config.requestLogger.http(
                                    (ctx, millis) -> measure(services.metrics(), ctx, millis));
                            Problems.install(config.routes);
                            new SessionRoutes(
                                            services,
                                            new LoginThrottle(Clock.systemUTC()),
                                            guard,
                                            mapper)
                                    .install(config.routes);
                            new PeopleRoutes(services.people(), guard, mapper)
                                    .install(config.routes);
                            new AuditRoutes(services.audit(), mapper).install(config.routes);
                            new IdentityRoutes(services, gateways, mapper, () -> self[0].base())
                                    .install(config.routes);
                            new EstRoutes(services).install(config.routes);
                            new OidcRoutes(services, () -> self[0].base()).install(config.routes);
                            gatewayRoutes.install(config.routes);
                            new ConfigurationRoutes(services, gateways, mapper)
                                    .install(config.routes);
                            deploymentRoutes.install(config.routes);
                            new ModelRoutes(services, deploymentRoutes, gateways, mapper)
                                    .install(config.routes);
                            rolloutRoutes.install(config.routes);
                            new RegistryRoutes(services, mapper).install(config.routes);
                            new TrustRoutes(services, mapper).install(config.routes);
                            new CompressionRoutes(services, gateways, mapper)
                                    .install(config.routes);
                            new MlflowRoutes(services).install(config.routes);
                            new MlflowArtifactRoutes(services).install(config.routes);
                            verdictRoutes.install(config.routes);
                            new UplinkRoutes(services, events::blobArrived).install(config.routes);
                            new OperationRoutes(services, () -> self[0].base())
                                    .install(config.routes);
                            events.install(config.routes);
                            Console.install(config);
                        });
        self[0] = new HttpServer(settings, javalin, events);
        javalin.start();
        return self[0];
    }

    public int port() {
        return javalin.port();
    }

    /** Address to open in a browser on this machine. */
    public String url() {
        String host = settings.host().equals("0.0.0.0") ? "127.0.0.1" : settings.host();
        return (settings.tls().isPresent() ? "https" : "http") + "://" + host + ":" + port();
    }

    /** Address under which gateways reach the aggregator, without a slash at its end. */
    public String base() {
        return settings.advertisedBase()
                .orElseGet(
                        () ->
                                settings.tls()
                                        .map(tls -> "https://" + tls.hostName() + ":" + port())
                                        .orElseGet(this::url));
    }

    /** Every route, for holding them against the contract. */
    java.util.List<String> routes() {
        return javalin.unsafe.internalRouter.allHttpHandlers().stream()
                .map(parsed -> parsed.endpoint)
                .filter(endpoint -> endpoint.method.isHttpMethod())
                .map(endpoint -> endpoint.method.name() + " " + endpoint.path)
                .toList();
    }

    /** Who may call a route of {@link #routes()}. */
    Access access(String route) {
        return javalin.unsafe.internalRouter.allHttpHandlers().stream()
                .map(parsed -> parsed.endpoint)
                .filter(endpoint -> (endpoint.method.name() + " " + endpoint.path).equals(route))
                .flatMap(endpoint -> endpoint.metadata(Roles.class).getRoles().stream())
                .map(Access.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        events.close();
        javalin.stop();
    }

    /** By the route's pattern, so that no address of one thing becomes a series. */
    private static void measure(Metrics metrics, Context ctx, float millis) {
        Endpoint route = ctx.endpoints().matchedHttpEndpoint();
        metrics.registry()
                .timer(
                        "http.server.requests",
                        "method",
                        ctx.method().name(),
                        "route",
                        route == null ? "none" : route.path,
                        "status",
                        Integer.toString(ctx.statusCode()))
                .record((long) (millis * 1000), TimeUnit.MICROSECONDS);
    }

    private static void configure(
            JavalinConfig config, HttpSettings settings, ObjectMapper mapper) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.jsonMapper(new JavalinJackson(mapper, false));
        config.http.maxRequestSize = LARGEST_JSON;
        config.http.prefer405over404 = true;
        config.http.defaultContentType = "application/json";
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 4);
        threads.setName("http");
        config.jetty.threadPool = threads;
        config.jetty.addConnector((server, http) -> connector(server, http, settings));
        config.jetty.modifyServletContextHandler(
                context -> context.setSessionHandler(sessions(settings.tls().isPresent())));
    }

    private static Connector connector(
            Server server, HttpConfiguration http, HttpSettings settings) {
        http.setSendServerVersion(false);
        ServerConnector connector =
                settings.tls()
                        .map(tls -> secure(server, http, tls))
                        .orElseGet(
                                () -> new ServerConnector(server, new HttpConnectionFactory(http)));
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        return connector;
    }

    private static ServerConnector secure(
            Server server, HttpConfiguration http, HttpSettings.Tls tls) {
        SslContextFactory.Server context = new SslContextFactory.Server();
        context.setKeyStorePath(tls.keyStore().toString());
        context.setKeyStorePassword(tls.password());
        context.setTrustStorePath(tls.trustStore().toString());
        context.setTrustStorePassword(tls.password());
        context.setWantClientAuth(true);
        context.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        http.addCustomizer(new SecureRequestCustomizer(false));
        KeyStoreScanner renewals = new KeyStoreScanner(context);
        renewals.setScanInterval(KEY_LOOK_SECONDS);
        server.addBean(renewals);
        return new ServerConnector(
                server,
                new SslConnectionFactory(context, "http/1.1"),
                new HttpConnectionFactory(http));
    }

    private static SessionHandler sessions(boolean secure) {
        SessionHandler sessions = new SessionHandler();
        sessions.setSessionCookie(COOKIE);
        sessions.setHttpOnly(true);
        sessions.setSameSite(HttpCookie.SameSite.STRICT);
        sessions.setSecureRequestOnly(true);
        sessions.getSessionCookieConfig().setSecure(secure);
        sessions.getSessionCookieConfig().setPath("/");
        sessions.setMaxInactiveInterval((int) SESSION_IDLE.toSeconds());
        return sessions;
    }
}
