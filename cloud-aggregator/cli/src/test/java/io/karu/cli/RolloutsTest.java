package io.karu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;

/** The verbs of {@code rollout} against a real aggregator whose gateways never come. */
class RolloutsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String EDGE = "package:edge:1.0.0";

    @TempDir static Path folder;
    private static Process aggregator;
    private static Path data;

    @BeforeAll
    static void start() throws Exception {
        data = Files.createDirectories(folder.resolve("data"));
        Path log = folder.resolve("log");
        aggregator =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "io.karu.aggregator.Main",
                                "--data",
                                data.toString(),
                                "--http-port",
                                "0",
                                "--mqtt-port",
                                "0")
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        Instant end = Instant.now().plus(PATIENCE);
        while (!Files.readString(log).contains("READY http")) {
            assertTrue(aggregator.isAlive() && Instant.now().isBefore(end), Files.readString(log));
            TimeUnit.MILLISECONDS.sleep(50);
        }
        for (String gateway : List.of("gw-1", "gw-2", "gw-3", "gw-4")) {
            done("fleet", "add", gateway, "--site", "plant");
        }
        Path dp = Files.write(folder.resolve("edge.dp"), edge());
        done("deploy", dp.toString(), "gw-1", "--no-wait");
    }

    @AfterAll
    static void stop() throws Exception {
        aggregator.destroyForcibly().waitFor();
    }

    private static byte[] edge() throws Exception {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "edge.bundle");
        main.putValue("Bundle-Version", "1.0.0");
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        new JarOutputStream(jar, manifest).close();
        return new DeploymentPackage(
                        "edge",
                        Version.parseVersion("1.0.0"),
                        List.of(Bundle.read(jar.toByteArray())))
                .toBytes();
    }

    private static Karu karu(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data.toString()));
        return Karu.run(all.toArray(String[]::new));
    }

    private static Karu done(String... arguments) {
        Karu run = karu(arguments);
        assertEquals(0, run.exitCode(), run::err);
        return run;
    }

    /** Why it was refused. */
    private static String refused(int exitCode, String... arguments) {
        Karu run = karu(arguments);
        assertEquals(exitCode, run.exitCode(), run::out);
        return run.err();
    }

    private static String create(String... more) {
        List<String> all = new ArrayList<>(List.of("rollout", "create", EDGE, "--json"));
        all.addAll(List.of(more));
        return done(all.toArray(String[]::new)).json().path("id").asText();
    }

    /** The state that a verb's answer tells, as JSON and for a person. */
    private static void says(String state, String verb, String id, String... more) {
        List<String> all = new ArrayList<>(List.of("rollout", verb, id, "--json"));
        all.addAll(List.of(more));
        assertEquals(state, done(all.toArray(String[]::new)).json().path("state").asText());
    }

    private static void awaitRunningGroup(String id) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        JsonNode groups = done("rollout", "show", id, "--json").json().path("groups");
        while (!groups.findValuesAsText("state").contains("RUNNING")) {
            assertTrue(System.nanoTime() < end, groups::toString);
            TimeUnit.MILLISECONDS.sleep(100);
            groups = done("rollout", "show", id, "--json").json().path("groups");
        }
    }

    @Test
    void aPreviewSaysWhichGatewaysEachGroupWouldHave() {
        String[] preview = {
            "rollout",
            "create",
            EDGE,
            "--groups",
            "canary,25%,1,rest",
            "--site",
            "plant",
            "--preview"
        };
        String told = done(preview).out();
        assertTrue(
                told.matches("canary: gw-\\d\\R25%: gw-\\d\\R1: gw-\\d\\Rrest: gw-\\d\\R"), told);
        List<String> json = new ArrayList<>(List.of(preview));
        json.add("--json");
        JsonNode answer = done(json.toArray(String[]::new)).json();
        assertEquals("false", answer.path("approval").toString());
        JsonNode groups = answer.path("groups");
        assertEquals(4, groups.size());
        assertEquals(1, groups.path("25%").size());
        json.add("--approval");
        assertEquals("true", done(json.toArray(String[]::new)).json().path("approval").toString());
    }

    @Test
    void aPlanThatNeedsASecondPersonIsDeniedWithARemark() {
        String id = create("--approval");
        assertTrue(
                refused(1, "rollout", "approve", id).contains("somebody else has to approve it"));
        assertTrue(refused(1, "rollout", "start", id).contains("is WAITING_FOR_APPROVAL"));
        String told = done("rollout", "deny", id, "--remark", "not on a Friday").out();
        assertTrue(told.contains("DENIED  denied by "), told);
        JsonNode shown = done("rollout", "show", id, "--json").json();
        assertTrue(shown.path("history").toString().contains("not on a Friday"), shown::toString);
    }

    @Test
    void itIsStartedPausedResumedMovedOnStoppedAndReverted() throws Exception {
        String id = create("--groups", "1,rest", "--gates", "install,latency", "--observe", "0");
        says("RUNNING", "start", id);
        says("PAUSED", "pause", id, "--remark", "the shift changes");
        assertEquals(
                "PAUSED", done("rollout", "watch", id, "--json").json().path("state").asText());
        says("RUNNING", "resume", id);
        awaitRunningGroup(id);
        says("RUNNING", "next-group", id);
        assertTrue(
                refused(1, "rollout", "retry", id)
                        .contains("no gateway of rollout " + id + " failed"));
        String shown = done("rollout", "show", id).out();
        assertTrue(shown.contains("group 1  "), shown);
        assertTrue(shown.contains("the shift changes"), shown);
        says("STOPPED", "stop", id, "--keep");
        says("REVERTING", "revert", id);
        Karu watched = karu("rollout", "watch", id);
        assertEquals(1, watched.exitCode(), "a version that went back is no success");
        assertTrue(watched.out().contains("  REVERTED  "), watched::out);
        String listed = done("rollout", "list").out();
        assertTrue(listed.contains("rollout " + id + "  " + EDGE + "  REVERTED"), listed);
        assertTrue(done("rollout", "list", "--json").json().path("rollouts").size() > 0);
    }

    @Test
    void aPlanMayComeFromAFile() throws Exception {
        Path plan =
                Files.writeString(
                        folder.resolve("plan.json"),
                        "{\"name\":\"nights\",\"artefact\":{\"kind\":\"package\",\"name\":\"edge\",\"version\":\"1.0.0\"},"
                                + "\"window\":{\"from\":\"22:00\",\"to\":\"05:00\",\"zone\":\"Europe/Berlin\"}}");
        JsonNode made = done("rollout", "create", "--plan", plan.toString(), "--json").json();
        assertEquals("nights", made.path("name").asText());
        assertEquals("22:00", made.at("/plan/window/from").asText());
    }

    @Test
    void itMayBeBoundToGatewaysAWindowAndASitesLine() {
        JsonNode plan =
                done(
                                "rollout",
                                "create",
                                EDGE,
                                "--gateway",
                                "gw-1",
                                "--gateway",
                                "gw-2",
                                "--except",
                                "gw-2",
                                "--groups",
                                "rest",
                                "--window",
                                "22:00-05:00@Europe/Berlin",
                                "--days",
                                "sat,sun",
                                "--site-gateways",
                                "2",
                                "--site-bandwidth",
                                "64",
                                "--json")
                        .json()
                        .path("plan");
        assertEquals("[\"gw-1\",\"gw-2\"]", plan.at("/targets/gateways").toString());
        assertEquals("[\"gw-2\"]", plan.at("/targets/except").toString());
        assertEquals("22:00", plan.at("/window/from").asText());
        assertEquals("05:00", plan.at("/window/to").asText());
        assertEquals("Europe/Berlin", plan.at("/window/zone").asText());
        assertEquals(2, plan.at("/window/days").size());
        assertEquals(2, plan.at("/perSite/gatewaysAtOnce").asInt());
        assertEquals(65536, plan.at("/perSite/bytesPerSecond").asInt());
        assertTrue(
                refused(2, "rollout", "create", EDGE, "--window", "at night")
                        .contains("at night: use times as 22:00-05:00, with @Europe/Berlin"));
        assertTrue(
                refused(2, "rollout", "create", EDGE, "--window", "22:00-05:00", "--days", "frei")
                        .contains("frei: use mon, tue, wed, thu, fri, sat or sun"));
        assertTrue(
                refused(2, "rollout", "create", EDGE, "--days", "fri")
                        .contains("--days: give --window, too"));
    }

    @Test
    void whatIsWrongIsSaidInOneLine() {
        assertTrue(refused(1, "rollout", "show", "999").contains("no rollout 999 is known"));
        assertTrue(
                refused(1, "rollout", "create", "edge")
                        .contains("edge: use model:NAME:VERSION or package:NAME:VERSION"));
        assertTrue(
                refused(2, "rollout", "create", EDGE, "--groups", "1O%,rest")
                        .contains("1O%: use canary, a number, N% or a name for all that are left"));
        assertTrue(
                refused(1, "rollout", "create", EDGE, "--groups", "9,rest")
                        .contains("no gateway is left for the group rest"));
        assertEquals(2, karu("rollout", "start").exitCode());
    }
}
