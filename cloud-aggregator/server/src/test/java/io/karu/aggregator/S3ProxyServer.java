package io.karu.aggregator;

import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** S3Proxy on files, as a process of its own on a free port of loopback, with one bucket. */
public final class S3ProxyServer implements AutoCloseable {
    public static final String BUCKET = "karu";
    public static final String ACCESS_KEY = "test-access";
    public static final String SECRET_KEY = "only for this test";

    /** Below each module of the cloud-aggregator. */
    private static final Path LIBRARIES = Path.of("../engines/s3proxy/target/lib");

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Process process;
    private final URI endpoint;

    private S3ProxyServer(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /** Its class path; absent when the build left it out. */
    public static Optional<Path> installed() {
        return Files.isDirectory(LIBRARIES)
                ? Optional.of(LIBRARIES.toAbsolutePath().normalize())
                : Optional.empty();
    }

    /** Starts with a bucket in a folder; a folder used before goes on with its content. */
    public static S3ProxyServer start(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve("objects").resolve(BUCKET));
        int port = LoopbackPort.free().number();
        URI endpoint = URI.create("http://127.0.0.1:" + port);
        Path configuration = folder.resolve("s3proxy.conf");
        Files.writeString(
                configuration,
                """
                s3proxy.endpoint=%s
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                """
                        .formatted(endpoint, ACCESS_KEY, SECRET_KEY, folder.resolve("objects")));
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx256m",
                                "-cp",
                                installed().orElseThrow() + "/*",
                                "org.gaul.s3proxy.Main",
                                "--properties",
                                configuration.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("s3proxy.log").toFile())
                        .start();
        S3ProxyServer server = new S3ProxyServer(process, endpoint);
        Instant end = Instant.now().plus(PATIENCE);
        while (!server.answers()) {
            if (!process.isAlive() || Instant.now().isAfter(end)) {
                process.destroyForcibly();
                throw new IOException(
                        "S3Proxy does not answer: "
                                + Files.readString(folder.resolve("s3proxy.log")));
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return server;
    }

    private boolean answers() throws InterruptedException {
        try {
            HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(endpoint).build(), BodyHandlers.discarding());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Where S3 requests go. */
    public URI endpoint() {
        return endpoint;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
