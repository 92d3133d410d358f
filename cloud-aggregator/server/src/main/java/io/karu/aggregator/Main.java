package io.karu.aggregator;

import io.karu.aggregator.backup.Backup;
import io.karu.aggregator.backup.Restore;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.http.HttpSettings;
import io.karu.aggregator.http.Services;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.People;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/** Starts an aggregator as a process (docs/contracts.md, 7). */
public final class Main {
    private static final String LOGGING = "logback.configurationFile";
    private static final String USAGE =
            "usage: --data DIR [--http-port N] [--mqtt-port N] [--set KEY=VALUE ...] [--restore FILE | --mosquitto-files DIR]";

    private Main() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        // the broker's jar brings a logback.xml of its own
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "aggregator-logback.xml");
        }
        try {
            run(Arguments.parse(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        } catch (IOException | RuntimeException e) {
            System.err.println("The aggregator cannot run: " + e.getMessage());
            System.exit(1);
        }
    }

    private record Arguments(Path data, Map<String, String> settings, Optional<Path> restore) {
        static Arguments parse(String[] arguments) {
            Map<String, String> settings = new TreeMap<>();
            Optional<Path> data = Optional.empty();
            Optional<Path> restore = Optional.empty();
            for (int i = 0; i < arguments.length; i += 2) {
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(arguments[i] + " needs a value; " + USAGE);
                }
                String value = arguments[i + 1];
                switch (arguments[i]) {
                    case "--data" -> data = Optional.of(Path.of(value));
                    case "--http-port" -> settings.put("http.port", value);
                    case "--mqtt-port" -> settings.put("mqtt.port", value);
                    case "--set" -> {
                        int equals = value.indexOf('=');
                        if (equals < 1) {
                            throw new IllegalArgumentException(
                                    "--set " + value + ": expected KEY=VALUE");
                        }
                        settings.put(value.substring(0, equals), value.substring(equals + 1));
                    }
                    case "--restore" -> restore = Optional.of(Path.of(value));
                    case "--mosquitto-files" -> settings.put("mqtt.broker.files", value);
                    default ->
                            throw new IllegalArgumentException(
                                    "unknown option " + arguments[i] + "; " + USAGE);
                }
            }
            return new Arguments(
                    data.orElseThrow(
                            () -> new IllegalArgumentException("--data is missing; " + USAGE)),
                    settings,
                    restore);
        }
    }

    private static void run(Arguments arguments) throws IOException, InterruptedException {
        Path data = arguments.data().toAbsolutePath().normalize();
        if (arguments.restore().isPresent()) {
            Restore.into(arguments.restore().get(), data);
            System.out.println("Restored " + arguments.restore().get() + " into " + data);
            return;
        }
        Settings settings =
                Settings.load(Files.createDirectories(data), System.getenv(), arguments.settings());
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        try (Aggregator aggregator = Aggregator.open(settings)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> await(stop, stopped), "stop"));
            People people = new People(aggregator.database().jdbi());
            people.createFirst()
                    .ifPresent(password -> System.out.println("Password of admin: " + password));
            people.provideLocalToken(data.resolve("api-token"));
            try (HttpServer http =
                    HttpServer.start(
                            httpSettings(settings, aggregator.authority()),
                            services(aggregator, people))) {
                aggregator.start(http.base());
                Files.writeString(data.resolve("address"), http.url());
                System.out.println("READY " + http.url());
                stop.await();
            }
        } finally {
            stopped.countDown();
        }
    }

    private static void await(CountDownLatch stop, CountDownLatch stopped) {
        stop.countDown();
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static HttpSettings httpSettings(Settings settings, Authority authority) throws IOException {
        Optional<HttpSettings.Tls> tls = Optional.empty();
        if (settings.httpTlsHost().isPresent()) {
            Authority.ServerKey key = authority.serverKey(settings.httpTlsHost().get());
            tls =
                    Optional.of(
                            new HttpSettings.Tls(
                                    settings.httpTlsHost().get(),
                                    key.keystore(),
                                    authority.trustStore().keystore(),
                                    key.password()));
        }
        return new HttpSettings(
                settings.httpHost(), settings.httpPort(), tls, settings.advertisedHttp());
    }

    static Services services(Aggregator aggregator, People people) {
        Settings settings = aggregator.settings();
        Backup backup =
                new Backup(
                        aggregator.database(),
                        settings.data(),
                        Set.of(
                                Path.of("broker"),
                                Path.of("unpacking"),
                                Path.of("outgoing"),
                                Path.of("checking"),
                                Path.of("uploads"),
                                Path.of("fetching"),
                                Path.of("address")));
        return new Services(
                aggregator.fleet(),
                aggregator.configurations(),
                aggregator.packages(),
                aggregator.deployments(),
                aggregator.rollouts(),
                aggregator.compressions(),
                aggregator.registry(),
                aggregator.verdicts(),
                aggregator.blobs(),
                aggregator.events(),
                people,
                settings.oidc().map(Oidc::new),
                aggregator.audit(),
                aggregator.identities(),
                aggregator.enrolments(),
                new Services.About(
                        Aggregator.version(), settings.account(), aggregator.brokerUrl()),
                List.of(
                        new Services.Check(
                                "database",
                                () -> aggregator.database().answers(),
                                "the database does not answer"),
                        new Services.Check(
                                "broker", aggregator::connected, "the broker is not connected"),
                        new Services.Check(
                                "blobs",
                                aggregator::keepsBlobs,
                                "images cannot be kept: the folder or the S3 store does not take them")),
                aggregator.metrics(),
                aggregator.tracing(),
                backup::writeTo);
    }
}
