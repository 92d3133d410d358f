package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.store.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecurityTest {
    @TempDir Path folder;
    private Face face;

    @BeforeEach
    void start() throws Exception {
        face = new Face(folder);
    }

    @AfterEach
    void stop() {
        face.close();
    }

    @Test
    void withoutLoginEveryAddressOfTheApiIsRefused() throws Exception {
        for (String route : face.server.routes()) {
            String[] parts = route.split(" ");
            if (!parts[1].startsWith("/api/") || route.equals("POST /api/v1/session")) {
                continue;
            }
            var answer =
                    face.send(
                            face.to(parts[1].replaceAll("\\{\\w+}|<\\w+>", "1"))
                                    .method(parts[0], BodyPublishers.ofString("{}")));
            assertEquals(401, answer.statusCode(), route);
            if (parts[1].startsWith("/api/2.0/mlflow")) {
                assertEquals("UNAUTHENTICATED", json(answer).path("error_code").asText(), route);
            } else {
                assertEquals("NOT_LOGGED_IN", code(answer), route);
            }
        }
    }

    @Test
    void theSessionCookieIsHiddenFromScriptsAndOtherSites() throws Exception {
        var answer = face.login("admin", face.password);
        assertEquals(200, answer.statusCode());
        String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
        assertTrue(cookie.startsWith("karu-session="), cookie);
        assertTrue(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), cookie);
        assertEquals(200, face.get("/api/v1/session").statusCode());
    }

    @Test
    void changesNeedTheSessionsToken() throws Exception {
        String csrf = json(face.login("admin", face.password)).path("csrfToken").asText();
        var foreign = face.send(face.to("/api/v1/session").DELETE());
        assertEquals(403, foreign.statusCode());
        assertEquals("FOREIGN_REQUEST", code(foreign));
        var own = face.send(face.to("/api/v1/session").header("X-CSRF-Token", csrf).DELETE());
        assertEquals(204, own.statusCode());
        assertEquals(401, face.get("/api/v1/session").statusCode());
    }

    @Test
    void guessingIsSlowedDownEvenForTheRightPassword() throws Exception {
        for (int attempt = 0; attempt < 5; attempt++) {
            var answer = face.login("admin", "wrong");
            assertEquals(401, answer.statusCode());
            assertEquals("WRONG_CREDENTIALS", code(answer));
        }
        var answer = face.login("admin", face.password);
        assertEquals(429, answer.statusCode());
        assertEquals("TOO_MANY_ATTEMPTS", code(answer));
        assertTrue(answer.headers().firstValueAsLong("Retry-After").orElseThrow() >= 1);
    }

    @Test
    void theLocalApiTokenIsItsOwnersOnlyAndNeedsNoSession() throws Exception {
        Path file = folder.resolve("security/api-token");
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        var answer =
                face.send(face.to("/api/v1/about").header("Authorization", "Bearer " + face.token));
        assertEquals(200, answer.statusCode());
        assertEquals(
                401,
                face.send(face.to("/api/v1/about").header("Authorization", "Bearer wrong"))
                        .statusCode());
        face.people.provideLocalToken(file);
        assertEquals(face.token, Files.readString(file).strip());
    }

    @Test
    void theFirstPasswordIsGeneratedOnce() {
        assertEquals(Optional.empty(), face.people.createFirst());
        assertTrue(face.people.authenticate("admin", face.password));
        assertFalse(face.people.authenticate("nobody", face.password));
    }

    @Test
    void aChangedPasswordEndsOtherSessionsAndReplacesTheOldOne() throws Exception {
        String csrf = json(face.login("admin", face.password)).path("csrfToken").asText();
        var refused = changePassword(csrf, face.password, "short");
        assertEquals(400, refused.statusCode());
        assertTrue(json(refused).path("detail").asText().contains("12 to 256"));
        assertEquals(200, changePassword(csrf, face.password, "a longer password").statusCode());
        assertEquals(200, face.get("/api/v1/session").statusCode());
        assertFalse(face.people.authenticate("admin", face.password));
        assertTrue(face.people.authenticate("admin", "a longer password"));
    }

    @Test
    void everyAnswerForbidsInlineScriptsFramesAndSniffing() throws Exception {
        for (String path : new String[] {"/", "/api/v1/session", "/health/live", "/nothing.js"}) {
            var headers = face.get(path).headers();
            String policy = headers.firstValue("Content-Security-Policy").orElseThrow();
            assertTrue(policy.contains("script-src 'self'"), path);
            assertFalse(policy.contains("unsafe"), path);
            assertEquals("nosniff", headers.firstValue("X-Content-Type-Options").orElseThrow());
            assertEquals("DENY", headers.firstValue("X-Frame-Options").orElseThrow());
        }
    }

    @Test
    void unknownAddressesAreProblemsAndPagesOfTheConsoleAreNot() throws Exception {
        var unknown =
                face.send(
                        face.to("/api/v1/nothing").header("Authorization", "Bearer " + face.token));
        assertEquals(404, unknown.statusCode());
        assertEquals("ADDRESS_NOT_FOUND", code(unknown));
        assertTrue(
                unknown.headers()
                        .firstValue("Content-Type")
                        .orElseThrow()
                        .startsWith("application/problem+json"));
        assertEquals(200, face.get("/fleet/gateway-1").statusCode());
        assertEquals(404, face.get("/assets/nothing.js").statusCode());
    }

    @Test
    void wrongBodiesAreNamed() throws Exception {
        var notJson = face.post("/api/v1/session", "name=admin");
        assertEquals(400, notJson.statusCode());
        var unknownField = face.post("/api/v1/session", "{\"user\":\"admin\"}");
        assertEquals("INVALID_ARGUMENT", code(unknownField));
        var missing = face.post("/api/v1/session", "{\"name\":\"admin\"}");
        assertEquals("password is missing", json(missing).path("detail").asText());
        var large = face.post("/api/v1/session", "{\"name\":\"" + "a".repeat(2 << 20) + "\"}");
        assertEquals(413, large.statusCode());
        assertEquals("BODY_TOO_LARGE", code(large));
    }

    @Test
    void otherAddressesThanLoopbackNeedTls() {
        var e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new HttpSettings("0.0.0.0", 0, Optional.empty(), Optional.empty()));
        assertTrue(e.getMessage().contains("TLS"));
    }

    private HttpResponse<String> changePassword(String csrf, String current, String password)
            throws Exception {
        return face.send(
                face.to("/api/v1/session/password")
                        .header("X-CSRF-Token", csrf)
                        .PUT(
                                BodyPublishers.ofString(
                                        Json.write(
                                                new SessionRoutes.PasswordChange(
                                                        current, password)))));
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.tree(answer.body());
    }

    private static String code(HttpResponse<String> answer) {
        return json(answer).path("code").asText();
    }
}
