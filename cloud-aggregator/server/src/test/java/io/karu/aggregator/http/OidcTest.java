package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.OidcSettings;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Login and bearer tokens of an issuer that signs with RSA and checks PKCE. */
class OidcTest {
    @TempDir Path folder;
    private HttpServer issuer;
    private String address;
    private RSAKey key;
    private Face face;
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
    private volatile Object roles = List.of("karu-engineer", "something-else");
    private volatile String nonce;

    @BeforeEach
    void start() throws Exception {
        key = new RSAKeyGenerator(2048).keyID("k1").generate();
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        address = "http://127.0.0.1:" + issuer.getAddress().getPort() + "/realms/plant";
        issuer.createContext("/", this::answer);
        issuer.start();
        OidcSettings settings =
                new OidcSettings(
                        URI.create(address),
                        "karu",
                        Optional.of("client-secret"),
                        "karu-api",
                        "realm_access.roles",
                        "karu-");
        face =
                new Face(
                        folder,
                        HttpSettings.loopback(0),
                        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER),
                        Optional.of(new Oidc(settings)));
    }

    @AfterEach
    void stop() {
        face.close();
        issuer.stop(0);
    }

    @Test
    void aPersonOfTheIssuerLogsInWithCodeAndPkce() throws Exception {
        assertTrue(Json.tree(face.get("/login/methods").body()).path("oidc").asBoolean());
        var end = login();
        assertEquals(302, end.statusCode(), end.body());
        assertEquals("/", end.headers().firstValue("Location").orElseThrow());
        JsonNode session = Json.tree(face.get("/api/v1/session").body());
        assertEquals("oidc:eva", session.path("name").asText());
        assertEquals("ENGINEER", session.path("role").asText());
        var changes =
                face.send(
                        face.to("/api/v1/tokens")
                                .header("X-CSRF-Token", session.path("csrfToken").asText())
                                .POST(
                                        java.net.http.HttpRequest.BodyPublishers.ofString(
                                                "{\"name\":\"ci\"}")));
        assertEquals("NOT_ALLOWED", Json.tree(changes.body()).path("code").asText());
        assertEquals(403, face.get("/api/v1/people").statusCode());
    }

    @Test
    void whoeverHasNoRoleStaysOutside() throws Exception {
        roles = List.of("something-else");
        var end = login();
        assertEquals(403, end.statusCode());
        assertTrue(Json.tree(end.body()).path("detail").asText().contains("has no role here"));
        assertEquals(401, face.get("/api/v1/session").statusCode());
    }

    @Test
    void aCallbackThatThisBrowserDidNotBeginOrThatComesTwiceIsRefused() throws Exception {
        URI to = authorized(begin());
        HttpClient stranger = HttpClient.newHttpClient();
        var stolen =
                stranger.send(
                        java.net.http.HttpRequest.newBuilder(to).build(),
                        HttpResponse.BodyHandlers.ofString());
        assertEquals(401, stolen.statusCode());
        assertEquals(401, face.send(java.net.http.HttpRequest.newBuilder(to)).statusCode());
        assertEquals(401, face.get("/login/oidc/callback?state=guessed&code=guessed").statusCode());
    }

    @Test
    void anIdTokenOfAnotherLoginIsRefused() throws Exception {
        nonce = "another";
        var end = login();
        assertEquals(401, end.statusCode());
        assertTrue(Json.tree(end.body()).path("detail").asText().contains("another login"));
    }

    @Test
    void bearerTokensOfTheIssuerAreCheckedInEveryRespect() throws Exception {
        Instant later = Instant.now().plusSeconds(300);
        assertEquals(200, about(signed(key, claims("karu-api", later).build())));
        assertEquals(401, about(signed(key, claims("another-api", later).build())));
        assertEquals(
                401,
                about(signed(key, claims("karu-api", Instant.now().minusSeconds(120)).build())));
        assertEquals(
                401,
                about(signed(key, claims("karu-api", later).issuer("http://elsewhere").build())));
        RSAKey strange = new RSAKeyGenerator(2048).keyID("k1").generate();
        assertEquals(401, about(signed(strange, claims("karu-api", later).build())));
        assertEquals(401, about(new PlainJWT(claims("karu-api", later).build()).serialize()));
        String good = signed(key, claims("karu-api", later).build());
        String[] parts = good.split("\\.");
        String raised =
                new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                        .replace("karu-engineer", "karu-admin");
        parts[1] =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(raised.getBytes(StandardCharsets.UTF_8));
        assertEquals(401, about(String.join(".", parts)));
        roles = List.of("nothing");
        assertEquals(403, about(signed(key, claims("karu-api", later).build())));
        assertNotEquals(401, about(face.token));
    }

    private int about(String bearer) throws Exception {
        return face.send(face.to("/api/v1/about").header("Authorization", "Bearer " + bearer))
                .statusCode();
    }

    private HttpResponse<String> login() throws Exception {
        return face.send(java.net.http.HttpRequest.newBuilder(authorized(begin())));
    }

    private URI begin() throws Exception {
        var begun = face.get("/login/oidc");
        assertEquals(302, begun.statusCode(), begun.body());
        String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow();
        assertTrue(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), cookie);
        return URI.create(begun.headers().firstValue("Location").orElseThrow());
    }

    /** What a person does at the issuer; where it sends the browser then. */
    private static URI authorized(URI authorization) throws Exception {
        var answer =
                HttpClient.newHttpClient()
                        .send(
                                java.net.http.HttpRequest.newBuilder(authorization).build(),
                                HttpResponse.BodyHandlers.discarding());
        return URI.create(answer.headers().firstValue("Location").orElseThrow());
    }

    private JWTClaimsSet.Builder claims(String audience, Instant end) {
        return new JWTClaimsSet.Builder()
                .issuer(address)
                .audience(audience)
                .subject("4711")
                .issueTime(new Date())
                .expirationTime(Date.from(end))
                .claim("preferred_username", "eva")
                .claim("realm_access", Map.of("roles", roles));
    }

    private static String signed(RSAKey by, JWTClaimsSet claims) throws Exception {
        SignedJWT token =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .type(JOSEObjectType.JWT)
                                .keyID(by.getKeyID())
                                .build(),
                        claims);
        token.sign(new RSASSASigner(by));
        return token.serialize();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            switch (exchange.getRequestURI().getPath()) {
                case "/realms/plant/.well-known/openid-configuration" ->
                        send(
                                exchange,
                                Map.of(
                                        "issuer", address,
                                        "authorization_endpoint", address + "/authorize",
                                        "token_endpoint", address + "/token",
                                        "jwks_uri", address + "/keys"));
                case "/realms/plant/keys" ->
                        send(exchange, new JWKSet(key.toPublicJWK()).toJSONObject());
                case "/realms/plant/authorize" -> {
                    Map<String, String> asked = form(exchange.getRequestURI().getRawQuery());
                    String code = "code-" + codes.size();
                    codes.put(code, asked);
                    exchange.getResponseHeaders()
                            .add(
                                    "Location",
                                    asked.get("redirect_uri")
                                            + "?state="
                                            + asked.get("state")
                                            + "&code="
                                            + code);
                    exchange.sendResponseHeaders(302, -1);
                }
                case "/realms/plant/token" -> token(exchange);
                default -> exchange.sendResponseHeaders(404, -1);
            }
        } catch (Exception e) {
            exchange.sendResponseHeaders(500, -1);
        } finally {
            exchange.close();
        }
    }

    private void token(HttpExchange exchange) throws Exception {
        Map<String, String> body =
                form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Map<String, String> asked = codes.remove(body.get("code"));
        String challenge =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(
                                MessageDigest.getInstance("SHA-256")
                                        .digest(
                                                body.get("code_verifier")
                                                        .getBytes(StandardCharsets.US_ASCII)));
        String basic =
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString(
                                        "karu:client-secret".getBytes(StandardCharsets.UTF_8));
        boolean right =
                asked != null
                        && asked.get("code_challenge").equals(challenge)
                        && asked.get("code_challenge_method").equals("S256")
                        && asked.get("redirect_uri").equals(body.get("redirect_uri"))
                        && basic.equals(exchange.getRequestHeaders().getFirst("Authorization"));
        if (!right) {
            exchange.sendResponseHeaders(400, -1);
            return;
        }
        send(
                exchange,
                Map.of(
                        "id_token",
                        signed(
                                key,
                                claims("karu", Instant.now().plusSeconds(60))
                                        .claim("nonce", nonce == null ? asked.get("nonce") : nonce)
                                        .build()),
                        "token_type",
                        "Bearer"));
    }

    private static Map<String, String> form(String text) {
        Map<String, String> values = new HashMap<>();
        for (String pair : text.split("&")) {
            String[] parts = pair.split("=", 2);
            values.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return values;
    }

    private static void send(HttpExchange exchange, Object json) throws IOException {
        byte[] body = Json.write(json).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }
}
