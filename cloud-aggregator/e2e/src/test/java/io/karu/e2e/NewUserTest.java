package io.karu.e2e;

import static io.karu.e2e.Browser.Element.label;
import static io.karu.e2e.Browser.Element.role;
import static io.karu.e2e.Browser.Element.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.RestClient;
import io.karu.testbed.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the README promises a new user, in the order in which it is read. Screenshots are kept in
 * {@code target/screenshots}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NewUserTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration START = Duration.ofMinutes(15);

    @TempDir static Path home;

    private RunningKaru karu;
    private Browser browser;
    private RestClient rest;
    private String address;
    private String password;
    private boolean entered;

    @BeforeAll
    void startFromTheReadme() throws Exception {
        karu = RunningKaru.up(ROOT, home, "--rate", "1");
        Matcher open = karu.await("Karu is up\\. Open\\s+(http://\\S+)", START);
        address = open.group(1);
        password = karu.await("password\\s+(\\S+)", LONG).group(1);
        rest =
                new RestClient(
                        address, Files.readString(home.resolve("aggregator/api-token")).trim());
        browser = Browser.start(ROOT, ROOT.resolve("cloud-aggregator/e2e/target/screenshots"));
    }

    @AfterAll
    void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (karu != null) {
            karu.close();
        }
    }

    @Test
    @Order(1)
    void theConsoleAsksForThePasswordThatWasPrintedOnce() {
        browser.open(address);
        browser.see(role("button", "Log in"));
        browser.screenshot("01-login");
        browser.fill(label("Name"), "admin");
        browser.fill(label("Password"), "not the password");
        browser.click(role("button", "Log in"));
        browser.see(text("/is not right/"));
        logIn();
    }

    private void logIn() {
        browser.fill(label("Name"), "admin");
        browser.fill(label("Password"), password);
        browser.click(role("button", "Log in"));
        browser.see(role("heading", "Fleet"));
        entered = true;
    }

    /** A step that failed is played again alone, on a Karu where nobody has logged in. */
    private void enter() {
        if (!entered) {
            browser.open(address);
            logIn();
        }
    }

    @Test
    @Order(2)
    void theFleetShowsBothGatewaysOnline() {
        enter();
        browser.click(role("link", "Fleet"));
        browser.see(text("2 of 2 gateways online"));
        browser.see(role("link", "gw-1"));
        browser.screenshot("02-fleet");
    }

    @Test
    @Order(3)
    void verdictsArriveLiveWithImageBoxesAndHeatMap() {
        enter();
        browser.click(role("link", "Verdicts"));
        browser.see(role("img", "/Image of .*_test.jpg/"), LONG);
        browser.see(label("Heat map opacity"));
        browser.screenshot("03-verdicts");
        browser.click(role("button", "Use the dark theme"));
        browser.screenshot("04-verdicts-dark");
        browser.click(role("button", "Switch to Chinese"));
        browser.screenshot("05-verdicts-chinese");
        browser.click(role("button", "/English|英文/"));
        browser.click(role("button", "Use the light theme"));
        assertEquals("", browser.errors());
    }

    @Test
    @Order(4)
    void aStationsThresholdIsChangedInTheConsole() throws Exception {
        enter();
        browser.click(role("link", "Fleet"));
        browser.click(role("link", "gw-1"));
        browser.click(role("tab", "Configuration"));
        browser.click(text("gw-1-line"));
        browser.see(label("/^Threshold/"), LONG);
        browser.fill(label("/^Threshold/"), "7");
        browser.see(text("/at most|1/"));
        browser.fill(label("/^Threshold/"), "0.9");
        browser.click(role("button", "Write to gateway"));
        browser.see(text("Written and read back"), LONG);
        browser.screenshot("06-configuration");
        JsonNode written = rest.get("/api/v1/gateways/gw-1/configurations/gw-1-line");
        assertEquals(0.9, written.at("/properties/threshold/value").asDouble());
    }

    @Test
    @Order(5)
    void modelVersionTwoIsInstalledAndActivated() throws Exception {
        enter();
        JsonNode second = null;
        for (JsonNode version : rest.get("/api/v1/models/" + Testbed.MODEL).path("versions")) {
            second = version.path("version").asText().equals("2") ? version : second;
        }
        String digest = second.path("digest").asText();
        browser.click(role("link", "Models"));
        browser.see(text(Testbed.MODEL));
        browser.screenshot("07-models");
        browser.click(role("button", "/Install " + Testbed.MODEL + " 2/"));
        browser.click(label("gw-1"));
        browser.click(role("button", "/^Install$/"));
        Testbed.await(
                "golden-template 2 on gw-1",
                LONG,
                () -> {
                    for (JsonNode model : rest.get("/api/v1/gateways/gw-1/models").path("models")) {
                        if (model.path("digest").asText().equals(digest)) {
                            return Optional.of(model);
                        }
                    }
                    return Optional.empty();
                });
        browser.click(role("link", "Deployments"));
        browser.see(text("Succeeded"));
        browser.screenshot("08-deployments");
        browser.click(role("link", "Fleet"));
        browser.click(role("link", "gw-1"));
        browser.click(role("tab", "Models"));
        browser.click(role("button", "/Activate.* 2$/"));
        Testbed.await(
                "a verdict by golden-template 2",
                LONG,
                () -> {
                    JsonNode newest =
                            rest.get("/api/v1/verdicts?gateway=gw-1&limit=1")
                                    .path("verdicts")
                                    .path(0);
                    return newest.path("model").asText().equals(digest)
                            ? Optional.of(newest)
                            : Optional.empty();
                });
        browser.screenshot("09-gateway-models");
    }

    @Test
    @Order(6)
    void anOperatorOverrulesAVerdictOnTheGatewaysOwnPage() throws Exception {
        enter();
        String page = gatewayPage("gw-1");
        String operatorPassword =
                Files.readString(home.resolve("gw-1/kura/user/admin-password")).trim();
        browser.open(page, "admin", operatorPassword);
        browser.see(role("button", "/Accept/"), LONG);
        browser.click(role("option", "/REJECT/"));
        browser.screenshot("10-operator");
        browser.press("a");
        browser.see(text("ACCEPT by admin"));
        browser.screenshot("11-overruled");
        JsonNode overrule =
                Testbed.await(
                        "the overrule in the aggregator",
                        LONG,
                        () -> {
                            for (JsonNode verdict :
                                    rest.get("/api/v1/verdicts?gateway=gw-1&limit=500")
                                            .path("verdicts")) {
                                if (verdict.has("overrule")) {
                                    return Optional.of(verdict.path("overrule"));
                                }
                            }
                            return Optional.empty();
                        });
        assertEquals("admin", overrule.path("operator").asText());
        assertEquals("ACCEPT", overrule.path("decision").asText());
        browser.open(address);
        browser.click(role("link", "Verdicts"));
        browser.see(text("overruled"), LONG);
        browser.screenshot("11-overruled-in-console");
    }

    @Test
    @Order(7)
    void theLineageEndsAtTheStationsAndGatewaysFollowANewKey() throws Exception {
        enter();
        browser.open(address + "/models/" + Testbed.MODEL + "/lineage");
        browser.see(role("article", "/Station gw-1/"), LONG);
        browser.screenshot("14-lineage");
        browser.open(address + "/models/board-detector/lineage");
        browser.see(role("article", "/Training run/"), LONG);
        browser.see(role("article", "/Station gw-2/"), LONG);
        browser.screenshot("14-lineage-trained");
        browser.open(address + "/models/" + Testbed.MODEL + "/compare");
        browser.see(text("description"));
        browser.screenshot("15-compare");
        for (JsonNode installed : rest.get("/api/v1/gateways/gw-1").path("packages")) {
            for (JsonNode bundle : installed.path("bundles")) {
                assertTrue(bundle.path("signed").asBoolean(), bundle::toString);
            }
        }
        String key = rest.post("/api/v1/trust/rotation", Map.of()).path("key").asText();
        for (String gateway : List.of("gw-1", "gw-2")) {
            Testbed.await(
                    gateway + " trusts the key " + key,
                    LONG,
                    () -> {
                        JsonNode seen =
                                rest.post("/api/v1/gateways/" + gateway + "/refresh", Map.of());
                        for (JsonNode check : seen.path("health")) {
                            if (check.path("reason").asText().contains(key)) {
                                return Optional.of(check);
                            }
                        }
                        return Optional.empty();
                    });
        }
    }

    @Test
    @Order(8)
    void aPulledCableIsShownWithItsReasonAndLosesNothing() throws Exception {
        enter();
        browser.open(address);
        browser.click(role("link", "Fleet"));
        karu.type("unplug gw-2");
        karu.await("gw-2 has no network now", LONG);
        browser.see(text("Lost"), LONG);
        browser.see(text("1 of 2 gateways online"));
        browser.screenshot("12-unplugged");
        browser.open(
                gatewayPage("gw-2"),
                "admin",
                Files.readString(home.resolve("gw-2/kura/user/admin-password")).trim());
        browser.see(role("button", "/Accept/"));
        browser.screenshot("13-operator-offline");
        karu.type("plug gw-2");
        browser.open(address);
        browser.click(role("link", "Fleet"));
        browser.see(text("2 of 2 gateways online"), LONG);
        Testbed.await(
                "every verdict of gw-2, without a gap",
                LONG,
                () -> {
                    JsonNode verdicts =
                            rest.get("/api/v1/verdicts?gateway=gw-2&limit=500").path("verdicts");
                    long newest = verdicts.path(0).path("sequence").asLong();
                    long oldest = verdicts.path(verdicts.size() - 1).path("sequence").asLong();
                    return newest - oldest + 1 == verdicts.size()
                            ? Optional.of(true)
                            : Optional.empty();
                });
    }

    @Test
    @Order(9)
    void ctrlCLeavesNothingRunningAndTheNextStartResumes() throws Exception {
        long before = rest.get("/api/v1/verdicts?limit=1").at("/verdicts/0/id").asLong();
        List<ProcessHandle> processes = karu.processes();
        karu.interrupt(LONG);
        Testbed.await(
                "the end of every process after Ctrl-C",
                LONG,
                () ->
                        processes.stream().noneMatch(ProcessHandle::isAlive)
                                ? Optional.of(true)
                                : Optional.empty());

        karu = RunningKaru.up(ROOT, home, "--rate", "1");
        karu.await("Karu is up\\. Open\\s+(http://\\S+)", START);
        assertTrue(karu.shows("karu-base.*already there"), "packages were installed again");
        assertFalse(karu.shows("with the password"), "the password was printed twice");
        Testbed.await(
                "a new verdict after the second start",
                LONG,
                () ->
                        rest.get("/api/v1/verdicts?limit=1").at("/verdicts/0/id").asLong() > before
                                ? Optional.of(true)
                                : Optional.empty());
        karu.interrupt(LONG);
    }

    /** What {@code ./karu up} prints below the console's address. */
    private String gatewayPage(String id) throws Exception {
        return karu.await("Operator's page of " + id + "\\s+(http://\\S+)", LONG).group(1);
    }
}
