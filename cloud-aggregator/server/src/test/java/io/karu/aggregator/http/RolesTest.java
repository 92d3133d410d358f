package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.security.ApiTokens;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.Role;
import io.karu.aggregator.store.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolesTest {
    @TempDir Path folder;
    private Face face;
    private final Map<Role, String> tokens = new EnumMap<>(Role.class);

    @BeforeEach
    void start() throws Exception {
        face = new Face(folder);
        for (Role role : Role.values()) {
            String name = "a-" + role;
            face.people.create(name, role);
            tokens.put(
                    role,
                    face.people
                            .tokens()
                            .issue(new Caller(name, role, "test"), "ci", role, Duration.ofDays(1))
                            .secret());
        }
    }

    @AfterEach
    void stop() {
        face.close();
    }

    @Test
    void viewersReadAndChangeNothingButTheirOwnSessionAndTokens() throws Exception {
        for (String route : face.server.routes()) {
            String[] parts = route.split(" ");
            if (!parts[1].startsWith("/api/")
                    || parts[0].equals("GET")
                    || parts[1].startsWith("/api/v1/session")
                    || parts[1].startsWith("/api/v1/tokens")
                    || face.readsByPost(route)) {
                continue;
            }
            assertEquals(403, ask(Role.VIEWER, parts[0], parts[1]).statusCode(), route);
        }
    }

    @Test
    void eachRoleMayWhatItIsForAndNotWhatTheNextIsFor() throws Exception {
        String retry = "/api/v1/deployments/1/retry";
        String upload = "/api/v1/models";
        String backup = "/api/v1/backup";
        assertNotEquals(403, ask(Role.VIEWER, "GET", upload).statusCode());
        assertEquals(403, ask(Role.VIEWER, "POST", retry).statusCode());
        assertNotEquals(403, ask(Role.OPERATOR, "POST", retry).statusCode());
        assertEquals(403, ask(Role.OPERATOR, "POST", upload).statusCode());
        assertNotEquals(403, ask(Role.ENGINEER, "POST", upload).statusCode());
        assertEquals(403, ask(Role.ENGINEER, "POST", backup).statusCode());
        assertEquals(403, ask(Role.ENGINEER, "GET", "/api/v1/people").statusCode());
        assertEquals(403, ask(Role.ENGINEER, "GET", "/api/v1/audit").statusCode());
        assertEquals(200, ask(Role.ADMIN, "POST", backup).statusCode());
        assertEquals(200, ask(Role.ADMIN, "GET", "/api/v1/people").statusCode());
        var refused = ask(Role.VIEWER, "POST", upload);
        assertEquals("NOT_ALLOWED", json(refused).path("code").asText());
        assertTrue(
                json(refused).path("detail").asText().contains("is viewer; this needs engineer"));
    }

    @Test
    void aChangedRoleHoldsAtOnceForOpenSessionsAndTokens() throws Exception {
        String password = face.people.create("eva", Role.ENGINEER);
        String token =
                face.people
                        .tokens()
                        .issue(
                                new Caller("eva", Role.ENGINEER, "test"),
                                "ci",
                                Role.ENGINEER,
                                Duration.ofDays(1))
                        .secret();
        String csrf = json(face.login("eva", password)).path("csrfToken").asText();
        assertNotEquals(403, post(csrf, "/api/v1/models"));
        assertEquals(
                200,
                face.send(
                                as(Role.ADMIN, "/api/v1/people/eva")
                                        .PUT(BodyPublishers.ofString("{\"role\":\"VIEWER\"}")))
                        .statusCode());
        assertEquals(403, post(csrf, "/api/v1/models"));
        assertEquals(
                Optional.of(Role.VIEWER),
                face.people.tokens().authenticate(token).map(Caller::role));
        face.people.remove("eva");
        assertEquals(401, post(csrf, "/api/v1/models"));
        assertEquals(Optional.empty(), face.people.tokens().authenticate(token));
    }

    @Test
    void thereIsAlwaysAnAdmin() throws Exception {
        face.people.remove("a-admin");
        var answer =
                face.send(
                        face.to("/api/v1/people/admin")
                                .header("Authorization", "Bearer " + face.token)
                                .PUT(BodyPublishers.ofString("{\"role\":\"VIEWER\"}")));
        assertEquals(409, answer.statusCode());
        assertEquals("LAST_ADMIN", json(answer).path("code").asText());
        assertEquals(Role.ADMIN, face.people.find("admin").orElseThrow().role());
    }

    @Test
    void aTokenCanBeLessThanItsMakerNeverMore() throws Exception {
        assertEquals(403, issue(Role.OPERATOR, "ENGINEER").statusCode());
        var made = issue(Role.ENGINEER, "VIEWER");
        assertEquals(201, made.statusCode());
        String secret = json(made).path("secret").asText();
        String id = json(made).path("token").path("id").asText();
        var upload =
                face.send(
                        face.to("/api/v1/models")
                                .header("Authorization", "Bearer " + secret)
                                .POST(BodyPublishers.noBody()));
        assertEquals(403, upload.statusCode());
        var listed = ask(Role.ENGINEER, "GET", "/api/v1/tokens");
        assertTrue(listed.body().contains(id) && !listed.body().contains(secret));
        assertFalse(ask(Role.VIEWER, "GET", "/api/v1/tokens").body().contains(id));
        assertEquals(404, ask(Role.VIEWER, "DELETE", "/api/v1/tokens/" + id).statusCode());
        assertEquals(204, ask(Role.ADMIN, "DELETE", "/api/v1/tokens/" + id).statusCode());
        assertEquals(
                401,
                face.send(face.to("/api/v1/about").header("Authorization", "Bearer " + secret))
                        .statusCode());
    }

    @Test
    void anExpiredTokenIsUnknown() {
        Instant later = Instant.now().plus(Duration.ofDays(2));
        ApiTokens then = new ApiTokens(face.database.jdbi(), Clock.fixed(later, ZoneOffset.UTC));
        String token = tokens.get(Role.ADMIN);
        assertTrue(face.people.tokens().authenticate(token).isPresent());
        assertEquals(Optional.empty(), then.authenticate(token));
    }

    @Test
    void secretsAreKeptAsHashesOnly() {
        List<String> kept =
                face.database
                        .jdbi()
                        .withHandle(
                                handle ->
                                        handle.select("select token_hash from api_token")
                                                .mapTo(String.class)
                                                .list());
        tokens.values().forEach(secret -> assertFalse(kept.contains(secret)));
    }

    private HttpResponse<String> issue(Role maker, String role) throws Exception {
        return face.send(
                as(maker, "/api/v1/tokens")
                        .POST(
                                BodyPublishers.ofString(
                                        "{\"name\":\"robot\",\"role\":\""
                                                + role
                                                + "\",\"days\":7}")));
    }

    private HttpResponse<String> ask(Role role, String method, String path) throws Exception {
        return face.send(
                as(role, path.replaceAll("[{<]\\w+[}>]", "1"))
                        .method(method, BodyPublishers.ofString("{}")));
    }

    private java.net.http.HttpRequest.Builder as(Role role, String path) {
        return face.to(path).header("Authorization", "Bearer " + tokens.get(role));
    }

    private int post(String csrf, String path) throws Exception {
        return face.send(
                        face.to(path)
                                .header("X-CSRF-Token", csrf)
                                .POST(BodyPublishers.ofString("{}")))
                .statusCode();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.tree(answer.body());
    }
}
