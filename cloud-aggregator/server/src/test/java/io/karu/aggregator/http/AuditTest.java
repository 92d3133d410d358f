package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.audit.AuditEntry;
import io.karu.aggregator.audit.AuditQuery;
import io.karu.aggregator.store.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditTest {
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
    void whatChangesSomethingHasALineBeforeAndALineAfter() throws Exception {
        face.send(
                admin("/api/v1/people")
                        .POST(BodyPublishers.ofString("{\"name\":\"eva\",\"role\":\"VIEWER\"}")));
        face.send(admin("/api/v1/people/nobody").DELETE());
        List<AuditEntry> newest = list();
        assertEquals("404 PERSON_NOT_FOUND", newest.get(0).outcome());
        assertEquals("DELETE /api/v1/people/{name}", newest.get(0).action());
        assertEquals("nobody", newest.get(0).subject());
        assertEquals(Optional.of(newest.get(1).sequence()), newest.get(0).begun());
        assertEquals(AuditEntry.BEGUN, newest.get(1).outcome());
        assertEquals("201", newest.get(2).outcome());
        assertEquals("admin", newest.get(2).actor());
        assertEquals("token local", newest.get(2).via());
        assertEquals("127.0.0.1", newest.get(2).address());
    }

    @Test
    void loginsAndRefusalsAreWrittenAndSecretsAreNot() throws Exception {
        face.login("admin", "a wrong password");
        face.login("admin", face.password);
        String csrf = Json.tree(face.get("/api/v1/session").body()).path("csrfToken").asText();
        String made =
                face.send(
                                admin("/api/v1/people")
                                        .POST(
                                                BodyPublishers.ofString(
                                                        "{\"name\":\"eva\",\"role\":\"VIEWER\"}")))
                        .body();
        String password = Json.tree(made).path("password").asText();
        face.login("eva", password);
        String evas = Json.tree(face.get("/api/v1/session").body()).path("csrfToken").asText();
        assertEquals(
                403,
                face.send(
                                face.to("/api/v1/models")
                                        .header("X-CSRF-Token", evas)
                                        .POST(BodyPublishers.noBody()))
                        .statusCode());
        String all = Json.write(list());
        assertTrue(all.contains("WRONG_CREDENTIALS") && all.contains("NOT_ALLOWED"));
        for (String secret :
                List.of("a wrong password", face.password, face.token, csrf, evas, password)) {
            assertFalse(all.contains(secret));
        }
    }

    @Test
    void anActionThatCannotBeWrittenDownIsNotDone() throws Exception {
        face.database.jdbi().useHandle(handle -> handle.execute("delete from audit_head"));
        assertEquals(
                500,
                face.send(
                                admin("/api/v1/people")
                                        .POST(
                                                BodyPublishers.ofString(
                                                        "{\"name\":\"eva\",\"role\":\"ADMIN\"}")))
                        .statusCode());
        assertEquals(Optional.empty(), face.people.find("eva"));
    }

    @Test
    void noAddressOfTheApiEditsIt() {
        assertEquals(
                List.of(),
                face.server.routes().stream()
                        .filter(route -> route.contains("/audit") && !route.startsWith("GET "))
                        .toList());
    }

    @Test
    void aLineChangedRemovedOrPutInShows() throws Exception {
        for (int i = 0; i < 5; i++) {
            face.audit.record(Audit.Action.own("step", "subject " + i), "done");
        }
        assertTrue(verification().path("intact").asBoolean());
        long last = face.audit.verify().lines();
        expectBroken(
                "update audit_entry set subject = 'another' where sequence = 2",
                "line 2 was changed",
                "update audit_entry set subject = 'subject 1' where sequence = 2");
        expectBroken(
                "update audit_entry set sequence = 100 where sequence = 3",
                "line 3 is missing",
                "update audit_entry set sequence = 3 where sequence = 100");
        expectBroken(
                "delete from audit_entry where sequence = " + last,
                "lines after " + (last - 1) + " are missing: there were " + last,
                "select 1");
    }

    @Test
    void linesWrittenAtOnceFormOneChain() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        CountDownLatch go = new CountDownLatch(1);
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            writers.add(
                    threads.submit(
                            () -> {
                                go.await();
                                for (int n = 0; n < 25; n++) {
                                    face.audit.record(Audit.Action.own("step", "x"), "done");
                                }
                                return null;
                            }));
        }
        go.countDown();
        for (Future<?> writer : writers) {
            writer.get();
        }
        threads.shutdown();
        Audit.Verification found = face.audit.verify();
        assertTrue(found.intact(), found.reason());
        assertEquals(100, found.lines());
    }

    @Test
    void theExportHoldsTheWholeChainInItsOrder() throws Exception {
        face.audit.record(Audit.Action.own("step", "ä \"quoted\""), "done");
        String[] lines = face.send(admin("/api/v1/audit/export")).body().split("\n");
        String previous = "";
        for (String line : lines) {
            AuditEntry entry = Json.read(line, AuditEntry.class);
            assertTrue(entry.intact(), line);
            assertEquals(previous, entry.previous());
            previous = entry.hash();
        }
        assertEquals("GET /api/v1/audit/export", list().get(0).action());
    }

    private void expectBroken(String change, String reason, String repair) throws Exception {
        face.database.jdbi().useHandle(handle -> handle.execute(change));
        JsonNode found = verification();
        assertFalse(found.path("intact").asBoolean());
        assertEquals(reason, found.path("reason").asText());
        face.database.jdbi().useHandle(handle -> handle.execute(repair));
    }

    private JsonNode verification() throws Exception {
        return Json.tree(face.send(admin("/api/v1/audit/verification")).body());
    }

    private List<AuditEntry> list() {
        return face.audit.list(
                new AuditQuery(Optional.empty(), Optional.empty(), Optional.empty(), 100));
    }

    private HttpRequest.Builder admin(String path) {
        return face.to(path).header("Authorization", "Bearer " + face.token);
    }
}
