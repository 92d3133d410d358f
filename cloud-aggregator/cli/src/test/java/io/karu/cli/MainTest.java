package io.karu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line against a server that answers as the contract says. */
class MainTest {
    private static final String JOB =
            "{\"id\":7,\"gateway\":\"gw-1\",\"kind\":\"install-package\",\"subject\":\"karu-station\",\"version\":\"0.2.0\",";

    @TempDir Path data;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new ArrayList<>();
    private HttpServer server;
    private String out;
    private String err;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    String request =
                            exchange.getRequestMethod()
                                    + " "
                                    + exchange.getRequestURI()
                                    + accepted(exchange.getRequestHeaders().getFirst("Accept"));
                    String sent =
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8);
                    requests.add(request + (sent.isEmpty() ? "" : " " + sent));
                    boolean known =
                            "Bearer secret"
                                    .equals(exchange.getRequestHeaders().getFirst("Authorization"));
                    String answer =
                            known
                                    ? answers.getOrDefault(
                                            request,
                                            "404 {\"code\":\"ADDRESS_NOT_FOUND\",\"detail\":\"there is no "
                                                    + request
                                                    + "\"}")
                                    : "401 {\"code\":\"NOT_LOGGED_IN\",\"detail\":\"the API token is unknown\"}";
                    byte[] body = answer.substring(4).getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(
                            Integer.parseInt(answer.substring(0, 3)),
                            body.length == 0 ? -1 : body.length);
                    if (body.length > 0) {
                        exchange.getResponseBody().write(body);
                    }
                    exchange.close();
                });
        server.start();
        Files.writeString(data.resolve("api-token"), "secret\n");
        Files.writeString(
                data.resolve("address"), "http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void fleetListShowsStateAndReasonOfEachGateway() {
        answers.put(
                "GET /api/v1/gateways",
                "200 {\"gateways\":[{\"clientId\":\"gw-1\",\"state\":\"LOST\",\"reason\":\"its connection was lost\","
                        + "\"healthy\":false,\"versions\":{\"kura\":\"5.6.0\"},\"missing\":[\"update Java\"],\"drift\":[{}]}]}");
        assertEquals(0, karu("fleet", "list"));
        assertTrue(
                out.contains(
                        "gw-1     LOST   FAILS   5.6.0  -          its connection was lost; update Java; 1 differences"),
                out);
        assertEquals(0, karu("fleet", "list", "--json"));
        assertEquals("gw-1", json().at("/gateways/0/clientId").asText());
    }

    @Test
    void fleetAddShowsTheCredentials() {
        answers.put(
                "POST /api/v1/gateways",
                "201 {\"clientId\":\"gw-2\",\"account\":\"karu\",\"broker\":\"mqtt://127.0.0.1:1883\",\"username\":\"gw-2\",\"password\":\"generated\"}");
        assertEquals(0, karu("fleet", "add", "gw-2", "--site", "plant-1", "--tag", "line-a"));
        assertTrue(out.contains("password                    generated"), out);
        assertEquals(
                "{\"clientId\":\"gw-2\",\"site\":\"plant-1\",\"tags\":[\"line-a\"]}",
                sorted(requests.get(0).substring("POST /api/v1/gateways ".length())));
    }

    @Test
    void deployFollowsTheJobAndFailsWhenItFails() {
        answers.put(
                "GET /api/v1/packages",
                "200 {\"packages\":[{\"name\":\"karu-station\",\"version\":\"0.2.0\"}]}");
        answers.put(
                "POST /api/v1/deployments",
                "201 {\"deployments\":["
                        + JOB
                        + "\"state\":\"QUEUED\",\"step\":\"waits\"}],\"refused\":[]}");
        answers.put(
                "GET /api/v1/deployments/7",
                "200 "
                        + JOB
                        + "\"state\":\"FAILED\",\"step\":\"-\",\"failure\":{\"code\":\"BUNDLE_NOT_ACTIVE\",\"reason\":\"io.karu.station is RESOLVED\",\"outcome\":\"0.1.0 works again\"}}");
        assertEquals(1, karu("deploy", "karu-station", "gw-1"));
        assertTrue(out.contains("job 7  gw-1  karu-station 0.2.0  QUEUED  waits"), out);
        assertTrue(
                out.contains("BUNDLE_NOT_ACTIVE: io.karu.station is RESOLVED; 0.1.0 works again"),
                out);
        assertEquals(1, karu("deploy", "karu-station:0.2.0", "gw-1", "--json"));
        assertEquals("FAILED", json().path(0).path("state").asText());
    }

    @Test
    void aliasesMoveAndVersionsAreComparedByTheirLabels() {
        String one = "sha256:" + "11".repeat(32);
        String two = "sha256:" + "22".repeat(32);
        answers.put(
                "GET /api/v1/models/solder",
                "200 {\"versions\":[{\"version\":\"1\",\"digest\":\""
                        + one
                        + "\"},{\"version\":\"2\",\"digest\":\""
                        + two
                        + "\"}]}");
        answers.put(
                "PUT /api/v1/registry/solder/aliases/champion",
                "200 {\"alias\":\"champion\",\"site\":\"\",\"digest\":\"" + two + "\"}");
        assertEquals(0, karu("model", "alias", "solder", "champion", "2"), err);
        assertTrue(out.contains("champion means 222222222222 everywhere"), out);
        answers.put(
                "GET /api/v1/registry/solder/comparison?versions="
                        + (one + "," + two).replace(":", "%3A").replace(",", "%2C"),
                "200 {\"versions\":[{\"version\":\"1\",\"digest\":\""
                        + one
                        + "\"},{\"version\":\"2\",\"digest\":\""
                        + two
                        + "\"}],\"rows\":[{\"group\":\"metrics\",\"name\":\"recall\",\"differs\":true,\"significant\":true,"
                        + "\"values\":[{\"value\":0.9,\"low\":0.88,\"high\":0.92},null]},"
                        + "{\"group\":\"graph\",\"name\":\"opset\",\"differs\":false,\"significant\":false,\"values\":[17,17]}]}");
        assertEquals(0, karu("model", "compare", "solder", "1", "2"), err);
        assertTrue(out.contains("metrics: recall *  0.9 (0.88 to 0.92)  -"), out);
        assertFalse(out.contains("opset"), out);
        assertEquals(0, karu("model", "compare", "solder", "1", "2", "--json"));
        assertEquals(17, json().at("/rows/1/values/0").asInt());
    }

    @Test
    void lineageTellsEachNodeWithWhatItCameFrom() {
        answers.put(
                "GET /api/v1/registry/solder/lineage",
                "200 {\"nodes\":[{\"id\":\"d\",\"kind\":\"DATA\",\"label\":\"joints\",\"digest\":\"\",\"aliases\":[]},"
                        + "{\"id\":\"v\",\"kind\":\"VERSION\",\"label\":\"solder 1\",\"digest\":\"sha256:abc\",\"aliases\":[\"champion\"]}],"
                        + "\"edges\":[{\"from\":\"d\",\"to\":\"v\",\"what\":\"training\"}]}");
        assertEquals(0, karu("model", "lineage", "solder"), err);
        assertTrue(out.contains("version solder 1 abc  [champion]"), out);
        assertTrue(out.contains("  <- data joints  (training)"), out);
    }

    @Test
    void aRotationShowsTheKeysAndNothingPrivate() {
        answers.put(
                "POST /api/v1/trust/rotation",
                "200 {\"key\":\"new\",\"algorithm\":\"EdDSA\",\"changes\":1,\"anchors\":[{\"id\":\"new\"},{\"id\":\"old\"}]}");
        assertEquals(0, karu("trust", "rotate"), err);
        assertTrue(out.contains("signs: new (EdDSA)"), out);
        assertTrue(requests.get(0).endsWith("{\"revoke\":false}"), requests.get(0));
    }

    @Test
    void modelVersionsAreNamedByLabelOrTheBeginningOfTheirDigest() {
        String digest = "sha256:" + "81c0a4be".repeat(8);
        answers.put(
                "GET /api/v1/models/golden-template",
                "200 {\"versions\":[{\"version\":\"2\",\"digest\":\"" + digest + "\"}]}");
        answers.put(
                "POST /api/v1/gateways/gw-1/models/golden-template/activate",
                "201 " + JOB + "\"state\":\"SUCCEEDED\",\"step\":\"decides\"}");
        answers.put(
                "GET /api/v1/deployments/7",
                "200 " + JOB + "\"state\":\"SUCCEEDED\",\"step\":\"decides\"}");
        assertEquals(0, karu("model", "activate", "golden-template", "2", "gw-1"));
        assertEquals(0, karu("model", "activate", "golden-template", "81c0a4be", "gw-1"));
        assertEquals(1, karu("model", "activate", "golden-template", "3", "gw-1"));
        assertTrue(err.contains("MODEL_NOT_FOUND: 0 versions of golden-template are called 3"));
    }

    @Test
    void desiredStateIsShownAndChanged() {
        String digest = "sha256:" + "81c0a4be".repeat(8);
        answers.put(
                "GET /api/v1/gateways/gw-1/desired",
                "200 {\"packages\":[{\"name\":\"karu-base\",\"version\":\"0.1.0\"}],\"models\":[],"
                        + "\"configurations\":[{\"pid\":\"line-1\",\"properties\":{}}]}");
        answers.put(
                "PUT /api/v1/gateways/gw-1/desired",
                "200 {\"packages\":[],\"models\":[],\"configurations\":[]}");
        answers.put(
                "GET /api/v1/models/golden-template",
                "200 {\"versions\":[{\"version\":\"2\",\"digest\":\"" + digest + "\"}]}");
        assertEquals(0, karu("fleet", "desired", "gw-1"));
        assertTrue(out.contains("package    karu-base  0.1.0"), out);
        assertEquals(
                0,
                karu(
                        "fleet",
                        "desired",
                        "gw-1",
                        "--set",
                        "karu-base=0.2.0",
                        "--set",
                        "golden-template@champion=2",
                        "--drop",
                        "line-1"));
        JsonNode sent = parse(requests.get(requests.size() - 1).split("desired ", 2)[1]);
        assertEquals(
                "[{\"name\":\"karu-base\",\"version\":\"0.2.0\"}]", sorted(sent.path("packages")));
        assertEquals(digest, sent.at("/models/0/digest").asText());
        assertTrue(sent.path("configurations").isEmpty());
        assertEquals(1, karu("fleet", "desired", "gw-1", "--drop", "karu-page"));
        assertEquals(2, karu("fleet", "desired", "gw-1", "--set", "karu-base"));
    }

    @Test
    void aModelFolderTakesItsReportsAlong() throws Exception {
        String digest = "sha256:" + "3".repeat(64);
        String path = "/api/v1/models/tiles/versions/sha256%3A" + "3".repeat(64) + "/reports";
        answers.put(
                "POST /api/v1/models",
                "201 {\"name\":\"tiles\",\"version\":\"3\",\"digest\":\"" + digest + "\"}");
        answers.put(
                "PUT " + path + "/evaluation",
                "201 {\"kind\":\"evaluation\",\"digest\":\"sha256:" + "5".repeat(64) + "\"}");
        Path folder = Files.createDirectories(data.resolve("tiles"));
        Files.writeString(folder.resolve("model.json"), "{}");
        Path pictures = Files.createDirectories(data.resolve("tiles.reports/pictures"));
        Files.writeString(pictures.resolve("1.png"), "picture one");
        Files.writeString(pictures.resolve("2.png"), "picture two");
        Files.writeString(
                data.resolve("tiles.reports/evaluation.json"),
                "{\"samples\":[{\"image\":\"pictures/1.png\"}]}");
        assertEquals(0, karu("model", "upload", folder.toString()));
        assertTrue(out.contains("evaluation report  555555555555"), out);
        String sent = requests.get(requests.size() - 1);
        assertTrue(sent.contains("evaluation.json") && sent.contains("pictures/1.png"));
        assertFalse(sent.contains("pictures/2.png"), "only what the report names");
        Files.writeString(
                data.resolve("tiles.reports/evaluation.json"),
                "{\"samples\":[{\"image\":\"pictures/../../api-token\"}]}");
        assertEquals(1, karu("model", "upload", folder.toString()));
        assertTrue(err.contains("outside its folder"), err);
    }

    @Test
    void verdictsTailPrintsOldestFirst() {
        answers.put(
                "GET /api/v1/verdicts?limit=2",
                "200 {\"verdicts\":[{\"id\":2,\"frame\":\"b\",\"decision\":\"REJECT\"},{\"id\":1,\"frame\":\"a\",\"decision\":\"ACCEPT\"}]}");
        assertEquals(0, karu("verdicts", "tail", "-n", "2", "--no-follow", "--json"));
        assertEquals(
                List.of(1, 2), out.lines().map(line -> parse(line).path("id").asInt()).toList());
    }

    @Test
    void verdictsTailFollowsTheLiveEvents() {
        answers.put(
                "GET /api/v1/events?topics=verdict&gateway=gw-1 text/event-stream",
                "200 : karu\n\nevent: verdict\ndata: {\"id\":3,\"station\":\"line-1\"}\n\n"
                        + "event: verdict\ndata: {\"id\":4,\"station\":\"line-2\"}\n\n");
        assertEquals(
                0,
                karu(
                        "verdicts",
                        "tail",
                        "-n",
                        "0",
                        "--gateway",
                        "gw-1",
                        "--station",
                        "line-2",
                        "--json"));
        assertEquals("{\"id\":4,\"station\":\"line-2\"}", out.strip());
    }

    @Test
    void refusalsAreShortAndHaveTheirExitCodes() throws Exception {
        assertEquals(1, karu("fleet", "show", "gw-9"));
        assertEquals("karu: ADDRESS_NOT_FOUND: there is no GET /api/v1/gateways/gw-9", err.strip());
        assertEquals(2, karu("fleet", "shew"));
        assertEquals(2, karu("deploy"));
        Files.writeString(data.resolve("api-token"), "wrong");
        assertEquals(4, karu("fleet", "list"));
        Files.delete(data.resolve("api-token"));
        assertEquals(4, karu("fleet", "list"));
        assertEquals(
                3,
                karu(
                        "fleet",
                        "list",
                        "--url",
                        "http://127.0.0.1:1",
                        "--token-file",
                        data.resolve("address").toString()));
        assertTrue(err.contains("no aggregator answers at http://127.0.0.1:1"), err);
    }

    @Test
    void backupNeverReplacesAFile() throws Exception {
        answers.put("POST /api/v1/backup", "200 PK");
        Path file = data.resolve("backup.zip");
        assertEquals(0, karu("backup", file.toString()));
        assertEquals("PK", Files.readString(file));
        assertEquals(1, karu("backup", file.toString()));
        assertTrue(err.contains("exists; name a new file"));
    }

    @Test
    void identitiesAreListedEnrolledToTheirEndAndRevokedWithAReason() {
        String identity =
                "{\"clientId\":\"gw-1\",\"state\":\"VALID\",\"certificate\":{\"notAfter\":\"2027-02-20T11:11:27Z\"},\"login\":{\"means\":\"CERTIFICATE\"},\"enrolment\":{\"status\":\"%s\",\"step\":\"%s\"}}";
        answers.put(
                "GET /api/v1/identities",
                "200 {\"identities\":[" + identity.formatted("DONE", "has its certificate") + "]}");
        assertEquals(0, karu("identity", "list"));
        assertTrue(out.contains("2027-02-20T11:11:27Z  CERTIFICATE"), out);
        answers.put(
                "POST /api/v1/gateways/gw-1/identity/enrolment",
                "202 " + identity.formatted("RUNNING", "begins"));
        answers.put(
                "GET /api/v1/gateways/gw-1/identity",
                "200 {\"identity\":"
                        + identity.formatted("FAILED", "no KEYS-V1")
                        + ",\"certificates\":[]}");
        assertEquals(1, karu("identity", "enrol", "gw-1", "--new-key"));
        assertTrue(err.contains("no KEYS-V1"), err);
        assertEquals(2, karu("identity", "revoke", "gw-1"));
        answers.put(
                "POST /api/v1/gateways/gw-1/identity/revocation",
                "200 " + identity.formatted("NONE", ""));
        assertEquals(0, karu("identity", "revoke", "gw-1", "--reason", "stolen", "--json"));
        assertEquals("VALID", json().path("state").asText());
    }

    @Test
    void peopleTokensAndTheAuditLogAreToldAndRolesMayBeTypedInSmallLetters() {
        String person = "{\"name\":\"eva\",\"role\":\"VIEWER\"";
        answers.put("POST /api/v1/people", "201 " + person + ",\"password\":\"p4ss\"}");
        assertEquals(0, karu("people", "add", "eva", "viewer"));
        assertTrue(out.contains("Password of eva: p4ss"), out);
        assertTrue(requests.get(0).contains("\"role\":\"VIEWER\""), requests.get(0));
        answers.put(
                "POST /api/v1/tokens",
                "201 {\"token\":{\"id\":\"0a1b\",\"role\":\"OPERATOR\"},\"secret\":\"s3cret\"}");
        assertEquals(0, karu("token", "create", "robot", "--role", "operator", "--days", "7"));
        assertTrue(out.contains("s3cret") && out.contains("karu token revoke 0a1b"), out);
        answers.put(
                "GET /api/v1/audit?limit=50&actor=eva",
                "200 {\"entries\":[{\"sequence\":3,\"actor\":\"eva\",\"action\":\"POST /api/v1/models\",\"outcome\":\"NOT_ALLOWED\"}]}");
        assertEquals(0, karu("audit", "list", "--actor", "eva"));
        assertTrue(out.contains("NOT_ALLOWED"), out);
        assertEquals(0, karu("audit", "list", "--actor", "eva", "--json"));
        assertTrue(out.contains("\"sequence\" : 3"), out);
        answers.put(
                "GET /api/v1/audit/verification",
                "200 {\"intact\":false,\"lines\":2,\"head\":\"ab\",\"reason\":\"line 3 was changed\"}");
        assertEquals(1, karu("audit", "verify"));
        assertTrue(err.contains("line 3 was changed"), err);
    }

    @Test
    void whatEndsSomethingTellsAProgramWhatItEnded() throws Exception {
        answers.put("DELETE /api/v1/people/eva", "204 ");
        answers.put("DELETE /api/v1/tokens/0a1b", "204 ");
        answers.put("GET /api/v1/audit/export", "200 {\"sequence\":1}");
        assertEquals(0, karu("people", "remove", "eva"));
        assertEquals("", out);
        assertEquals(0, karu("people", "remove", "eva", "--json"));
        assertEquals("eva", json().path("removed").asText());
        assertEquals(0, karu("token", "revoke", "0a1b", "--json"));
        assertEquals("0a1b", json().path("revoked").asText());
        Path file = data.resolve("audit.json");
        assertEquals(0, karu("audit", "export", file.toString(), "--json"));
        assertEquals(file.toString(), json().path("exported").asText());
        assertEquals("{\"sequence\":1}", Files.readString(file));
    }

    @Test
    void everyVerbHasHelpWithTheExitCodes() {
        for (CommandLine verb : all(Main.commandLine())) {
            String help = verb.getUsageMessage();
            assertTrue(help.contains("Exit codes: 0 done"), verb.getCommandName());
            assertFalse(
                    verb.getCommandSpec().usageMessage().description().length == 0,
                    verb.getCommandName());
        }
    }

    private static String accepted(String accept) {
        return accept == null ? "" : " " + accept;
    }

    private static List<CommandLine> all(CommandLine command) {
        List<CommandLine> all = new ArrayList<>(List.of(command));
        command.getSubcommands().values().forEach(sub -> all.addAll(all(sub)));
        return all;
    }

    private int karu(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (Files.exists(data)
                && !all.contains("--url")
                && arguments.length > 1
                && !arguments[1].equals("shew")) {
            all.addAll(List.of("--data", data.toString()));
        }
        Karu run = Karu.run(all.toArray(String[]::new));
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private JsonNode json() {
        return parse(out);
    }

    private static JsonNode parse(String text) {
        try {
            return Api.JSON.readTree(text);
        } catch (Exception e) {
            throw new AssertionError(text, e);
        }
    }

    private static String sorted(JsonNode list) {
        List<String> entries = new ArrayList<>();
        list.forEach(entry -> entries.add(sorted(entry.toString())));
        return entries.toString();
    }

    /** The object with its fields in order of their names. */
    private static String sorted(String object) {
        try {
            return Api.JSON
                    .copy()
                    .configure(
                            com.fasterxml.jackson.databind.SerializationFeature
                                    .ORDER_MAP_ENTRIES_BY_KEYS,
                            true)
                    .writeValueAsString(
                            Api.JSON.treeToValue(parse(object), java.util.TreeMap.class));
        } catch (Exception e) {
            throw new AssertionError(object, e);
        }
    }
}
