package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.karu.aggregator.audit.AuditQuery;
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
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Login and bearer tokens of an issuer that signs with RSA and checks PKCE. */
class OidcTest {
    private static final Pattern PLACE = Pattern.compile("\\{\\w+}");
    @TempDir Path folder;
    private HttpServer issuer;
    private String address;
    private RSAKey key;
    private Face face;
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
    private volatile Object roles = List.of("karu-engineer", "something-else");
    private volatile String nonce;
    private volatile String person = "eva";
    private volatile Duration life = Duration.ofMinutes(1);
    private volatile boolean endsSessions;

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
    void aPersonWithoutARoleReadsWhoTheyAreAndWhatToAskFor() throws Exception {
        roles = List.of("something-else");
        person = "eva <b>&\" 伊娃";
        var page = inBrowser(authorized(begin()), "en-GB,en;q=0.9");
        assertEquals(403, page.statusCode());
        assertEquals("text/html;charset=utf-8", contentType(page));
        String text = page.body();
        assertTrue(text.contains("<h1>You have no role in Karu</h1>"), text);
        assertTrue(text.contains("You are eva &lt;b&gt;&amp;&quot; 伊娃 at the identity"), text);
        assertTrue(text.contains(address), text);
        assertTrue(text.contains("karu-viewer, karu-operator, karu-engineer, karu-admin"), text);
        assertTrue(text.contains("claim realm_access.roles"), text);
        assertTrue(text.contains("href=\"/login/oidc\">Try again<"), text);
        assertTrue(text.contains("href=\"/login/oidc/logout\">Log out"), text);
        assertTrue(text.contains("NOT_ALLOWED: eva"), text);
        assertFalse(PLACE.matcher(text.replaceAll("(?s)<style>.*</style>", "")).find(), text);
        assertEquals(styleHash(text), allowedStyle(page));
        var chinese = inBrowser(authorized(begin()), "zh-CN,zh;q=0.9,en;q=0.8");
        assertTrue(chinese.body().contains("<html lang=\"zh\">"), chinese.body());
        assertTrue(chinese.body().contains("您在 Karu 中没有角色"), chinese.body());
        assertEquals(401, face.get("/api/v1/session").statusCode());
        AuditQuery refusals =
                new AuditQuery(
                        Optional.of("oidc:" + person), Optional.empty(), Optional.empty(), 10);
        assertEquals(2, face.audit.list(refusals).size());
    }

    @Test
    void aLoginThatFailsAtTheIssuerIsExplainedToThePersonAndToAProgram() throws Exception {
        URI refused =
                URI.create(
                        authorized(begin())
                                .toString()
                                .replaceFirst(
                                        "code=.*",
                                        "error=access_denied&error_description=not%20today"));
        assertPage(inBrowser(refused, "en"), 401, "The identity provider did not let you in");
        assertPage(inBrowser(refused, "en"), 401, "This login is not open any more");
        assertEquals("NOT_BEGUN", reason(face.send(java.net.http.HttpRequest.newBuilder(refused))));

        life = Duration.ofHours(-1);
        var late = inBrowser(authorized(begin()), "en");
        assertPage(late, 401, "The clocks of Karu and the identity provider differ");
        assertTrue(late.body().contains("made just now for until "), late.body());
        assertEquals("CLOCKS_DIFFER", reason(login()));
        life = Duration.ofMinutes(1);

        nonce = "another";
        assertPage(inBrowser(authorized(begin()), "en"), 401, "The login was not accepted");
        URI unanswered = authorized(begin());
        issuer.stop(0);
        var failed = inBrowser(unanswered, "en");
        assertPage(failed, 502, "The identity provider cannot be used now");
        assertFalse(failed.body().contains("/login/oidc/logout"), failed.body());
    }

    @Test
    void aLogoutGoesToTheIssuerWhereItEndsSessions() throws Exception {
        endsSessions = true;
        assertEquals(address + "/logout?client_id=karu", location(face.get("/login/oidc/logout")));
    }

    @Test
    void aLogoutAsksForThePasswordAgainWhereTheIssuerEndsNoSessions() throws Exception {
        URI again = URI.create(location(face.get("/login/oidc/logout")));
        assertEquals("login", form(again.getRawQuery()).get("prompt"));
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

    private HttpResponse<String> inBrowser(URI to, String languages) throws Exception {
        return face.send(
                java.net.http.HttpRequest.newBuilder(to)
                        .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
                        .header("Accept-Language", languages));
    }

    private static void assertPage(HttpResponse<String> page, int status, String title) {
        assertEquals(status, page.statusCode(), page.body());
        assertEquals("text/html;charset=utf-8", contentType(page));
        assertTrue(page.body().contains("<h1>" + title + "</h1>"), page.body());
    }

    private static String contentType(HttpResponse<String> answer) {
        return answer.headers()
                .firstValue("Content-Type")
                .orElseThrow()
                .toLowerCase(Locale.ROOT)
                .replace(" ", "");
    }

    private static String reason(HttpResponse<String> problem) {
        return Json.tree(problem.body()).path("reason").asText();
    }

    private static String location(HttpResponse<String> redirect) {
        assertEquals(302, redirect.statusCode(), redirect.body());
        return redirect.headers().firstValue("Location").orElseThrow();
    }

    private static String styleHash(String page) throws Exception {
        String style = page.substring(page.indexOf("<style>") + 7, page.indexOf("</style>"));
        return Base64.getEncoder()
                .encodeToString(
                        MessageDigest.getInstance("SHA-256")
                                .digest(style.getBytes(StandardCharsets.UTF_8)));
    }

    private static String allowedStyle(HttpResponse<String> page) {
        return page.headers()
                .firstValue("Content-Security-Policy")
                .orElseThrow()
                .replaceFirst(".*style-src 'sha256-([^']+)'.*", "$1");
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
                .claim("preferred_username", person)
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

    private Map<String, String> configuration() {
        Map<String, String> about = new HashMap<>();
        about.put("issuer", address);
        about.put("authorization_endpoint", address + "/authorize");
        about.put("token_endpoint", address + "/token");
        about.put("jwks_uri", address + "/keys");
        if (endsSessions) {
            about.put("end_session_endpoint", address + "/logout");
        }
        return about;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            switch (exchange.getRequestURI().getPath()) {
                case "/realms/plant/.well-known/openid-configuration" ->
                        send(exchange, configuration());
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
                                claims("karu", Instant.now().plus(life))
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
