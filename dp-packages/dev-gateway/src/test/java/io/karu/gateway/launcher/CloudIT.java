package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.karu.gateway.probe.components.Thermostat;
import io.karu.gateway.testkit.FarSide;
import io.karu.gateway.testkit.Mosquitto;
import io.karu.gateway.testkit.WirePayload;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.cloudconnection.subscriber.CloudSubscriber;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.deployment.hook.DeploymentHook;
import org.eclipse.kura.deployment.hook.RequestContext;
import org.eclipse.kura.message.KuraPayload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceRegistration;

/** What a connected gateway offers to its components and to a cloud that speaks CONF-V1. */
class CloudIT {

    private static final String DEPLOY =
            "org.eclipse.kura.core.deployment.CloudDeploymentHandlerV2";
    private static final String PUBLISHERS = "org.eclipse.kura.cloud.publisher.CloudPublisher";
    private static final String SUBSCRIBERS = "org.eclipse.kura.cloud.subscriber.CloudSubscriber";

    @TempDir static Path folder;
    private static Mosquitto broker;
    private static StartedGateway gateway;
    private static FarSide cloud;
    private static ConfigurationService configuration;

    @BeforeAll
    static void start() throws Exception {
        broker = Mosquitto.start(folder);
        cloud = new FarSide(broker.port());
        Path initial = Files.writeString(folder.resolve("initial.json"), initial());
        gateway = StartedGateway.withInitial(folder.resolve("home"), initial);
        configuration = gateway.service(ConfigurationService.class);
        TestBundle probes = TestBundle.named("probes", "1.0.0").classesOf(Thermostat.class);
        Bundle installed =
                gateway.context().installBundle("probes", new ByteArrayInputStream(probes.bytes()));
        installed.start();
        awaitNewConnection();
    }

    /** A rollback makes the gateway connect anew. */
    private static void awaitNewConnection() throws Exception {
        cloud.await("$EDC/acme/gw01/MQTT/BIRTH");
        Await.until("requests are answered", CloudIT::answered);
    }

    @AfterAll
    static void stop() {
        if (gateway != null) {
            gateway.close();
            cloud.close();
            broker.close();
        }
    }

    @BeforeEach
    void forget() {
        cloud.forget();
    }

    private static String initial() {
        return """
                {"configs":[
                 {"pid":"org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport","properties":{
                  "broker-url":{"type":"STRING","value":"%s"},
                  "topic.context.account-name":{"type":"STRING","value":"acme"},
                  "client-id":{"type":"STRING","value":"gw01"}}},
                 {"pid":"org.eclipse.kura.data.DataService","properties":{
                  "connect.auto-on-startup":{"type":"BOOLEAN","value":true},
                  "connect.retry-interval":{"type":"INTEGER","value":1}}},
                 {"pid":"%s","properties":{
                  "deployment.hook.associations":{"type":"STRING","value":"# who\\nwatched=watcher\\nlost=nobody"},
                  "downloads.directory":{"type":"STRING","value":"%s"}}}]}
                """
                .formatted(broker.url(), DEPLOY, folder.resolve("downloads"));
    }

    /** BIRTH comes before the subscription to requests. */
    private static boolean answered() {
        cloud.publish(
                "$EDC/acme/gw01/CONF-V1/GET/snapshots",
                WirePayload.encode(
                        Map.of("request.id", "first", "requester.client.id", FarSide.ID), null));
        return cloud.take(message -> message.topic().endsWith("/REPLY/first")).isPresent();
    }

    // CONF-V1

    private static WirePayload conf(String resource, String body) {
        return cloud.ask("gw01", "CONF-V1/" + resource, Map.of(), body);
    }

    private static String xml(String resource) {
        WirePayload reply = conf(resource, null);
        assertEquals(200, reply.metrics().get("response.code"), resource);
        return new String(reply.body(), StandardCharsets.UTF_8);
    }

    private static String property(String name, String type, boolean encrypted, String value) {
        return ("<esf:property array=\"false\" encrypted=\"%s\" name=\"%s\" type=\"%s\">"
                        + "<esf:value>%s</esf:value></esf:property>")
                .formatted(encrypted, name, type, value);
    }

    private static String configurations(String pid, String... properties) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><esf:configurations xmlns:esf=\"http://eurotech.com/esf/2.0\">"
                + "<esf:configuration pid=\"%s\"><esf:properties>%s</esf:properties></esf:configuration></esf:configurations>"
                        .formatted(pid, String.join("", properties));
    }

    private static List<Long> ids(String xml) {
        Matcher ids = Pattern.compile("<esf:snapshotIds>(\\d+)</esf:snapshotIds>").matcher(xml);
        List<Long> found = new ArrayList<>();
        while (ids.find()) {
            found.add(Long.parseLong(ids.group(1)));
        }
        return found;
    }

    private static Map<String, Object> thermostat(String pid) throws Exception {
        return gateway.probe(pid);
    }

    @Test
    void componentsAreReadAsXmlWithTheirDefinitionAndPasswordsInBase64() throws Exception {
        configuration.createFactoryConfiguration(
                Thermostat.PID,
                "read",
                Map.of("degrees", 21, "secret", new Password("open sesame")),
                true);
        thermostat("read");

        String one = xml("GET/configurations/read");
        assertTrue(one.contains("<esf:configurations xmlns:esf="), one);
        assertTrue(one.contains("pid=\"read\""), one);
        assertTrue(one.contains(property("degrees", "Integer", false, "21")), one);
        assertTrue(one.contains("<ocd:AD id=\"degrees\""), one);
        String secret = Base64.getEncoder().encodeToString("open sesame".getBytes());
        assertTrue(one.contains(property("secret", "Password", true, secret)), one);
        assertFalse(one.contains("pid=\"" + DEPLOY));

        String all = xml("GET/configurations");
        assertTrue(all.contains("pid=\"read\"") && all.contains("pid=\"" + DEPLOY + "\""), all);
        assertTrue(all.contains(property("secret", "Password", true, secret)), all);
        assertFalse(xml("GET/configurations/nobody").contains("<esf:configuration "));
        assertEquals(404, conf("GET/wires", null).metrics().get("response.code"));
    }

    @Test
    void aPutIsAnsweredAtOnceAndMergedASecondLater() throws Exception {
        configuration.createFactoryConfiguration(
                Thermostat.PID, "put", Map.of("degrees", 21, "kept", "yes"), true);
        thermostat("put");
        int snapshots = ids(xml("GET/snapshots")).size();

        assertTrue(
                answeredBeforeMerged(28) || answeredBeforeMerged(29) || answeredBeforeMerged(30),
                "made before it was answered");
        putDegrees(30);
        Await.until("merged", () -> Integer.valueOf(30).equals(thermostat("put").get("degrees")));
        assertEquals("yes", thermostat("put").get("kept"));
        assertNotEquals("in clear", thermostat("put").get("secret"));
        Await.until("a snapshot", () -> ids(xml("GET/snapshots")).size() > snapshots);

        conf(
                "PUT/configurations/other",
                configurations("put", property("degrees", "Integer", false, "1")));
        conf(
                "PUT/configurations",
                configurations("nobody", property("degrees", "Integer", false, "1")));
        conf(
                "PUT/configurations",
                configurations(
                        "born",
                        property("service.factoryPid", "String", false, Thermostat.PID),
                        property("degrees", "Integer", false, "11")));
        assertEquals(11, thermostat("born").get("degrees"));
        assertEquals(30, thermostat("put").get("degrees"), "the body of another pid was applied");
        assertNull(configuration.getComponentConfiguration("nobody"));
        assertEquals(400, conf("PUT/configurations", null).metrics().get("response.code"));
    }

    private static void putDegrees(int degrees) {
        String body =
                configurations(
                        "put",
                        property("degrees", "Integer", false, Integer.toString(degrees)),
                        property("secret", "Password", false, "in clear"));
        assertEquals(200, conf("PUT/configurations/put", body).metrics().get("response.code"));
    }

    /** Where this process is held up for a second the merge is seen first. */
    private static boolean answeredBeforeMerged(int degrees) throws Exception {
        putDegrees(degrees);
        boolean before = !Integer.valueOf(degrees).equals(thermostat("put").get("degrees"));
        Await.until(
                "merged", () -> Integer.valueOf(degrees).equals(thermostat("put").get("degrees")));
        return before;
    }

    @Test
    void snapshotsAreTakenListedReadAndRolledBackTo() throws Exception {
        configuration.createFactoryConfiguration(
                Thermostat.PID, "rolled", Map.of("degrees", 5), true);
        thermostat("rolled");
        long taken = ids(xml("EXEC/snapshot")).get(0);
        assertTrue(ids(xml("GET/snapshots")).contains(taken));
        String snapshot = xml("GET/snapshots/" + taken);
        assertTrue(snapshot.contains("pid=\"rolled\""), snapshot);
        assertTrue(snapshot.contains(property("degrees", "Integer", false, "5")), snapshot);

        configuration.updateConfiguration("rolled", Map.of("degrees", 9), true);
        Await.until("9", () -> Integer.valueOf(9).equals(thermostat("rolled").get("degrees")));
        cloud.forget();
        assertEquals(200, conf("EXEC/rollback/" + taken, null).metrics().get("response.code"));
        Await.until("5", () -> Integer.valueOf(5).equals(thermostat("rolled").get("degrees")));
        awaitNewConnection();

        configuration.updateConfiguration("rolled", Map.of("degrees", 7), true);
        configuration.updateConfiguration("rolled", Map.of("degrees", 8), true);
        Await.until("8", () -> Integer.valueOf(8).equals(thermostat("rolled").get("degrees")));
        cloud.forget();
        conf("EXEC/rollback", null);
        Await.until("7", () -> Integer.valueOf(7).equals(thermostat("rolled").get("degrees")));
        awaitNewConnection();
        assertEquals(400, conf("GET/snapshots/new", null).metrics().get("response.code"));
    }

    // Publishers and subscribers

    private static <T> T created(Class<T> type, String factory, String pid, Map<String, Object> how)
            throws Exception {
        configuration.createFactoryConfiguration(factory, pid, how, false);
        String filter = "(kura.service.pid=" + pid + ")";
        Await.until(pid, () -> gateway.service(type, filter).isPresent());
        return gateway.service(type, filter).orElseThrow();
    }

    @Test
    void aPublishersConfigurationDecidesWhereMessagesGo() throws Exception {
        CloudPublisher publisher =
                created(
                        CloudPublisher.class,
                        PUBLISHERS,
                        "pub",
                        Map.of(
                                "appId",
                                "PRESS",
                                "app.topic",
                                "parts/$line",
                                "qos",
                                1,
                                "priority",
                                3));
        List<String> confirmed = Collections.synchronizedList(new ArrayList<>());
        publisher.registerCloudDeliveryListener(confirmed::add);
        KuraPayload payload = new KuraPayload();
        payload.addMetric("count", 7);

        String id = publisher.publish(new KuraMessage(payload, Map.of("line", "left")));
        FarSide.Message arrived = cloud.await("acme/gw01/PRESS/parts/left");
        assertEquals(1, arrived.qos());
        assertEquals(7, arrived.payload().metrics().get("count"));
        Await.until("confirmed", () -> confirmed.contains(id));

        configuration.updateConfiguration("pub", Map.of("qos", 9), false);
        configuration.updateConfiguration(
                "pub", Map.of("qos", 0, "app.topic", "ends", "message.type", "control"), false);
        Await.until(
                "sent as configured now",
                () -> {
                    publisher.publish(new KuraMessage(payload));
                    return cloud.take(m -> m.topic().equals("$EDC/acme/gw01/PRESS/ends"))
                            .filter(m -> m.qos() == 0)
                            .isPresent();
                });
        assertNull(publisher.publish(new KuraMessage(payload)), "QoS 0 has no id");

        configuration.updateConfiguration(
                "pub", Map.of("cloud.endpoint.service.pid", "another"), false);
        Await.until("refused", () -> refuses(publisher, payload));
    }

    private static boolean refuses(CloudPublisher publisher, KuraPayload payload) {
        try {
            publisher.publish(new KuraMessage(payload));
            return false;
        } catch (KuraException e) {
            return e.getCode() == KuraErrorCode.SERVICE_UNAVAILABLE;
        }
    }

    @Test
    void aSubscribersConfigurationDecidesWhatItsListenersGet() throws Exception {
        CloudSubscriber subscriber =
                created(
                        CloudSubscriber.class,
                        SUBSCRIBERS,
                        "sub",
                        Map.of("appId", "PRESS", "app.topic", "orders/#"));
        List<Object> got = Collections.synchronizedList(new ArrayList<>());
        subscriber.registerCloudSubscriberListener(
                message -> got.add(message.getPayload().getMetric("order")));

        delivered(got, "acme/gw01/PRESS/orders/new", 1);
        configuration.updateConfiguration("sub", Map.of("app.topic", "other"), false);
        delivered(got, "acme/gw01/PRESS/other", 2);
        got.clear();
        order("acme/gw01/PRESS/orders/new", 3);
        delivered(got, "acme/gw01/PRESS/other", 4);
        assertFalse(got.contains(3), "the old topic is still subscribed to");
    }

    private static void order(String topic, int number) {
        cloud.publish(topic, WirePayload.encode(Map.of("order", number), null));
    }

    private static void delivered(List<Object> got, String topic, int number) throws Exception {
        Await.until(
                topic,
                () -> {
                    order(topic, number);
                    return got.contains(number);
                });
    }

    // Hooks

    private static final class Watcher implements DeploymentHook {
        private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
        private volatile String refuses = "nothing";

        private void called(String what, RequestContext context, Map<String, Object> properties)
                throws KuraException {
            assertEquals("watched", context.getRequestType());
            assertTrue(context.getDownloadFilePath().startsWith(folder.toString()));
            calls.add(what + " " + properties.get("why"));
            if (what.equals(refuses)) {
                throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED, what);
            }
        }

        @Override
        public void preDownload(RequestContext context, Map<String, Object> properties)
                throws KuraException {
            called("pre", context, properties);
        }

        @Override
        public void postDownload(RequestContext context, Map<String, Object> properties)
                throws KuraException {
            called("post", context, properties);
        }

        @Override
        public void postInstall(RequestContext context, Map<String, Object> properties)
                throws KuraException {
            called("installed", context, properties);
        }
    }

    private static int download(String uri, String version, String requestType) {
        Map<String, Object> request = new HashMap<>();
        request.put("dp.uri", uri);
        request.put("dp.name", "hooked.package");
        request.put("dp.version", version);
        request.put("dp.download.protocol", "HTTP");
        request.put("job.id", 1L);
        request.put("dp.install.system.update", false);
        request.put("request.type", requestType);
        request.put("hook.properties", "why=because");
        return (int)
                cloud.ask("gw01", "DEPLOY-V2/EXEC/download", request, null)
                        .metrics()
                        .get("response.code");
    }

    private static String outcome(String what) {
        return cloud.await("$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/" + what)
                .payload()
                .text("dp." + what + ".status");
    }

    private static void idle() throws Exception {
        Await.until(
                "idle",
                () ->
                        "ALREADY DONE"
                                .equals(
                                        cloud.ask("gw01", "DEPLOY-V2/GET/download")
                                                .text("dp.download.status")));
        cloud.forget();
    }

    @Test
    void aDeploymentHookSeesEachStepOfItsRequestsAndMayRefuse() throws Exception {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] dp =
                TestPackage.named("hooked.package", "1.0.0")
                        .with(TestBundle.named("hooked", "1.0.0"))
                        .bytes();
        server.createContext(
                "/dp",
                exchange -> {
                    exchange.sendResponseHeaders(200, dp.length);
                    exchange.getResponseBody().write(dp);
                    exchange.close();
                });
        server.start();
        String uri = "http://127.0.0.1:" + server.getAddress().getPort();
        Watcher watcher = new Watcher();
        ServiceRegistration<?> registration =
                gateway.context()
                        .registerService(
                                DeploymentHook.class,
                                watcher,
                                new Hashtable<>(Map.of("kura.service.pid", "watcher")));
        try {
            assertEquals(400, download(uri + "/dp", "1.0.0", "unknown"));
            assertEquals(400, download(uri + "/dp", "1.0.0", "lost"));
            assertEquals(List.of(), watcher.calls);

            watcher.refuses = "pre";
            assertEquals(500, download(uri + "/dp", "1.0.0", "watched"));
            assertEquals(List.of("pre because"), watcher.calls);
            assertTrue(cloud.arrived(m -> m.topic().contains("/NOTIFY/")).isEmpty());

            watcher.calls.clear();
            watcher.refuses = "post";
            assertEquals(200, download(uri + "/dp", "1.0.0", "watched"));
            idle();
            Await.until("told", () -> watcher.calls.contains("post because"));
            assertEquals(List.of("pre because", "post because"), watcher.calls);
            assertTrue(gateway.bundle("hooked").isEmpty(), "installed against the hook's will");

            watcher.calls.clear();
            watcher.refuses = "nothing";
            assertEquals(200, download("http://127.0.0.1:1/dp", "1.0.0", "watched"));
            idle();
            Await.until("told", () -> watcher.calls.contains("post because"));
            assertEquals(
                    List.of("pre because", "post because"),
                    watcher.calls,
                    "a failed download is told to the hook too");

            watcher.calls.clear();
            assertEquals(200, download(uri + "/dp", "1.0.0", "watched"));
            assertEquals("COMPLETED", outcome("install"));
            Await.until("told", () -> watcher.calls.contains("installed because"));
            assertEquals(
                    List.of("pre because", "post because", "installed because"), watcher.calls);
        } finally {
            registration.unregister();
            server.stop(0);
        }
        Await.until("the hook is gone", () -> download(uri + "/dp", "1.0.0", "watched") == 400);
    }
}
