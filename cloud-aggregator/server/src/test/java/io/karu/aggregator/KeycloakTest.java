package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.karu.aggregator.store.Json;
import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A real Keycloak as issuer: programs with its tokens, a person through its login page. */
@EnabledIfSystemProperty(
        named = "karu.full",
        matches = "true",
        disabledReason = "starts Keycloak: ./karu test --full")
class KeycloakTest {
    private static final Path UNPACKED = Path.of("../engines/keycloak/target/dependency");
    private static final Path CONSOLE = Path.of("../console");
    private static final Duration START = Duration.ofMinutes(8);
    private static final String PASSWORD = "only-for-this-test";
    @TempDir static Path folder;
    private static Process keycloak;
    private static String issuer;
    private static AggregatorProcess aggregator;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> home = home();
        assumeTrue(home.isPresent(), "Keycloak was left out of this build: ./karu test --full");
        int port = LoopbackPort.free().number();
        issuer = "http://localhost:" + port + "/realms/plant";
        int http = LoopbackPort.free().number();
        Path realms = Files.createDirectories(home.get().resolve("data/import"));
        Files.writeString(realms.resolve("plant.json"), realm("http://127.0.0.1:" + http));
        ProcessBuilder command =
                new ProcessBuilder(
                                "sh",
                                home.get().resolve("bin/kc.sh").toString(),
                                "start-dev",
                                "--db=dev-mem",
                                "--http-host=127.0.0.1",
                                "--http-port=" + port,
                                "--import-realm")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keycloak.log").toFile());
        command.environment().put("JAVA_OPTS_APPEND", "-XX:TieredStopAtLevel=1 -Xmx512m");
        keycloak = command.start();
        Workbench.await("Keycloak answers", START, () -> answers() || !keycloak.isAlive());
        assertTrue(keycloak.isAlive(), () -> read(folder.resolve("keycloak.log")));
        aggregator =
                AggregatorProcess.start(
                        folder.resolve("aggregator"),
                        Map.of(
                                "http.port",
                                Integer.toString(http),
                                "mqtt.port",
                                "0",
                                "oidc.issuer",
                                issuer,
                                "oidc.role.claim",
                                "realm_access.roles"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (aggregator != null) {
            aggregator.close();
        }
        if (keycloak != null) {
            keycloak.descendants().forEach(ProcessHandle::destroy);
            keycloak.destroy();
            if (!keycloak.waitFor(60, TimeUnit.SECONDS)) {
                keycloak.descendants().forEach(ProcessHandle::destroyForcibly);
                keycloak.destroyForcibly().waitFor();
            }
        }
    }

    private static Optional<Path> home() throws IOException {
        if (!Files.isDirectory(UNPACKED)) {
            return Optional.empty();
        }
        try (Stream<Path> homes = Files.list(UNPACKED)) {
            return homes.filter(h -> Files.exists(h.resolve("bin/kc.sh")))
                    .map(h -> h.toAbsolutePath().normalize())
                    .findFirst();
        }
    }

    private static String realm(String base) {
        return """
        {"realm":"plant","enabled":true,"sslRequired":"none",
         "roles":{"realm":[{"name":"karu-viewer"},{"name":"karu-engineer"}]},
         "clients":[{"clientId":"karu","enabled":true,"publicClient":true,"directAccessGrantsEnabled":true,
           "standardFlowEnabled":true,"redirectUris":["%s/*"],"attributes":{"pkce.code.challenge.method":"S256"},
           "protocolMappers":[
             {"name":"audience","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper",
              "config":{"included.client.audience":"karu","access.token.claim":"true"}},
             {"name":"roles","protocol":"openid-connect","protocolMapper":"oidc-usermodel-realm-role-mapper",
              "config":{"claim.name":"realm_access.roles","multivalued":"true","jsonType.label":"String",
                "access.token.claim":"true","id.token.claim":"true"}}]}],
         "users":[%s,%s,%s]}
        """
                .formatted(
                        base,
                        user("vera", "\"karu-viewer\""),
                        user("edda", "\"karu-engineer\""),
                        user("nobody", ""));
    }

    private static String user(String name, String roles) {
        return """
        {"username":"%1$s","enabled":true,"email":"%1$s@plant.example","emailVerified":true,"firstName":"A","lastName":"B",
         "credentials":[{"type":"password","value":"%2$s","temporary":false}],"realmRoles":[%3$s]}
        """
                .formatted(name, PASSWORD, roles);
    }

    private static boolean answers() {
        try {
            return HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(
                                                    URI.create(
                                                            issuer
                                                                    + "/.well-known/openid-configuration"))
                                            .build(),
                                    BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void tokensOfKeycloakOpenWhatTheirRolesAllow() throws Exception {
        String viewer = token("vera");
        assertEquals(200, call("GET", "/api/v1/gateways", viewer).statusCode());
        assertEquals(403, call("POST", "/api/v1/deployments", viewer).statusCode());
        assertEquals(400, call("POST", "/api/v1/deployments", token("edda")).statusCode());
        assertEquals(403, call("GET", "/api/v1/gateways", token("nobody")).statusCode());
        String forged = viewer.substring(0, viewer.lastIndexOf('.') + 1) + "AAAA";
        assertEquals(401, call("GET", "/api/v1/gateways", forged).statusCode());
    }

    /** The console and Keycloak are two sites for a browser: 127.0.0.1 and localhost. */
    @Test
    void aPersonLogsInOnKeycloaksPageAndIsAnEngineerInTheConsole() throws Exception {
        logIn("edda", "ENGINEER");
    }

    @Test
    void aPersonWithoutARoleReadsWhatToAskForAndLogsOutAtKeycloak() throws Exception {
        logIn("nobody", "none");
    }

    private static void logIn(String person, String role) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/chromium")), "Chromium is not installed");
        assumeTrue(
                Files.isDirectory(CONSOLE.resolve("node_modules/playwright-core")),
                "the console was not built with npm");
        Path log = folder.resolve("browser-" + person + ".log");
        Process browser =
                new ProcessBuilder(
                                "node",
                                "test/identity-provider.mjs",
                                aggregator.url(),
                                person,
                                PASSWORD,
                                role,
                                Path.of("target/keycloak-" + person + ".png")
                                        .toAbsolutePath()
                                        .toString())
                        .directory(CONSOLE.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            assertTrue(
                    browser.waitFor(Workbench.PATIENCE.toSeconds(), TimeUnit.SECONDS),
                    () -> "the browser does not end: " + read(log));
            assertEquals(0, browser.exitValue(), () -> read(log));
        } finally {
            browser.descendants().forEach(ProcessHandle::destroyForcibly);
            browser.destroyForcibly();
        }
    }

    private String token(String user) throws Exception {
        HttpResponse<String> answer =
                client.send(
                        HttpRequest.newBuilder(
                                        URI.create(issuer + "/protocol/openid-connect/token"))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(
                                        BodyPublishers.ofString(
                                                "grant_type=password&client_id=karu&scope=openid&username="
                                                        + user
                                                        + "&password="
                                                        + PASSWORD))
                                .build(),
                        BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer::body);
        return Json.tree(answer.body()).path("access_token").asText();
    }

    private HttpResponse<String> call(String method, String path, String token) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(aggregator.url() + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                method.equals("GET")
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
    }
}
