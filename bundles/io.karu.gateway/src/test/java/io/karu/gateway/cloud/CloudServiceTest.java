package io.karu.gateway.cloud;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.testkit.Await;
import io.karu.gateway.testkit.FarSide;
import io.karu.gateway.testkit.FarSide.Message;
import io.karu.gateway.testkit.Mosquitto;
import io.karu.gateway.testkit.WirePayload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.KuraStoreCapacityReachedException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerMessageConstants;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraResponsePayload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kura's protocol, seen by another MQTT client and another protobuf reader at a real broker. */
class CloudServiceTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long DEBOUNCE_MILLIS = 3000;
    private static final String BIRTH = "$EDC/acme/gw01/MQTT/BIRTH";
    private static final String APPS = "$EDC/acme/gw01/MQTT/APPS";

    @TempDir static Path brokerFolder;
    static Mosquitto broker;

    @TempDir Path folder;
    private FarSide farSide;

    @BeforeAll
    static void startBroker() {
        System.setProperty("karu.gateway.birth.debounce", Long.toString(DEBOUNCE_MILLIS));
        broker = Mosquitto.start(brokerFolder);
    }

    @AfterAll
    static void stopBroker() {
        System.clearProperty("karu.gateway.birth.debounce");
        if (broker != null) {
            broker.close();
        }
    }

    @BeforeEach
    void connectFarSide() {
        farSide = new FarSide(broker.port());
    }

    @AfterEach
    void disconnectFarSide() {
        farSide.close();
    }

    @Test
    void birthTellsEverythingThatKuraTells() {
        try (Rig rig = rig()) {
            Message message = farSide.await(BIRTH);
            assertEquals(1, message.qos());
            assertFalse(message.retain());
            WirePayload birth = message.payload();
            assertTrue(birth.compressed(), "a long payload is compressed");
            assertTrue(birth.hasPosition(), "the position is there without GPS too");
            assertTrue(
                    birth.metrics()
                            .keySet()
                            .containsAll(
                                    Set.of(
                                            "uptime",
                                            "display_name",
                                            "model_name",
                                            "model_id",
                                            "part_number",
                                            "serial_number",
                                            "firmware_version",
                                            "bios_version",
                                            "cpu_version",
                                            "os",
                                            "os_version",
                                            "os_arch",
                                            "jvm_name",
                                            "jvm_version",
                                            "jvm_profile",
                                            "jvm_vendor",
                                            "jdk_vendor_version",
                                            "kura_version",
                                            "application_framework",
                                            "application_framework_version",
                                            "osgi_framework",
                                            "osgi_framework_version",
                                            "connection_interface",
                                            "connection_ip",
                                            "accept_encoding",
                                            "application_ids",
                                            "available_processors",
                                            "total_memory",
                                            "payload_encoding")),
                    birth.metrics().keySet()::toString);
            assertTrue(birth.metrics().values().stream().allMatch(String.class::isInstance));
            assertEquals("press 7", birth.text("display_name"));
            assertEquals("KURA_PROTOBUF", birth.text("payload_encoding"));
            assertEquals("gzip", birth.text("accept_encoding"));
            assertEquals("Kura", birth.text("application_framework"));
        }
    }

    @Test
    void birthIsPublishedBeforeTheRequestsAreSubscribedTo() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            answering(rig, "APP-V1", (context, request) -> ok());
            awaitSubscription("APP-V1");
        }
        boolean born = false;
        for (String line : Files.readAllLines(brokerLog())) {
            if (line.contains("New client connected") && line.contains("as gw01")) {
                born = false;
            }
            born |= line.contains("PUBLISH from gw01") && line.contains("MQTT/BIRTH");
            assertTrue(born || !line.contains("Received SUBSCRIBE from gw01"), line);
        }
    }

    @Test
    void aCleanEndSaysDcAndALostConnectionLeavesTheRawWill() {
        Rig rig = rig();
        farSide.await(BIRTH);
        rig.close();
        Message dc = farSide.await("$EDC/acme/gw01/MQTT/DC");
        assertEquals(0, dc.qos());
        assertEquals(Set.of("uptime", "display_name"), dc.payload().metrics().keySet());
        assertTrue(farSide.arrived(m -> m.topic().endsWith("/LWT")).isEmpty(), "no will after DC");

        try (Rig lost = rig();
                FarSide thief = new FarSide(broker.port())) {
            farSide.await(BIRTH);
            stealConnection("gw01");
            Message will = farSide.await("$EDC/acme/gw01/MQTT/LWT");
            assertArrayEquals(new byte[0], will.bytes());
        }
    }

    @Test
    void changesOfApplicationsAreAnnouncedOnceAfterTheLastOfThem() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            rig.cloud.registerRequestHandler("A-V1", new RequestHandler() {});
            rig.cloud.registerRequestHandler("B-V1", new RequestHandler() {});
            long half = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEBOUNCE_MILLIS / 2);
            Await.until("half of the timer passed", SOON, () -> System.nanoTime() > half);
            long last = System.nanoTime();
            rig.cloud.registerRequestHandler("C-V1", new RequestHandler() {});
            Message apps = farSide.await(APPS);
            assertEquals("A-V1,B-V1,C-V1", apps.payload().text("application_ids"));
            assertTrue(
                    apps.nanos() - last >= TimeUnit.MILLISECONDS.toNanos(DEBOUNCE_MILLIS),
                    "announced before the timer ended");
            rig.cloud.handleEvent(null);
            farSide.await(BIRTH);
            assertTrue(farSide.arrived(m -> m.topic().equals(APPS)).isEmpty(), "APPS came twice");
        }
    }

    @Test
    void requestsWithoutIdsOrToUnknownApplicationsGetNoReply() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            AtomicInteger calls = new AtomicInteger();
            answering(
                    rig,
                    "APP-V1",
                    (context, request) -> {
                        if (!resource(request).equals("first")) {
                            calls.incrementAndGet();
                        }
                        return ok();
                    });
            awaitSubscription("APP-V1");
            Map<String, Object> noRequester = Map.of("request.id", "1");
            Map<String, Object> numericId =
                    Map.of("request.id", 1L, "requester.client.id", FarSide.ID);
            Map<String, Object> complete =
                    Map.of("request.id", "2", "requester.client.id", FarSide.ID);
            farSide.publish("$EDC/acme/gw01/APP-V1/GET/x", WirePayload.encode(noRequester, null));
            farSide.publish("$EDC/acme/gw01/APP-V1/GET/x", WirePayload.encode(numericId, null));
            farSide.publish("$EDC/acme/gw01/NOBODY-V1/GET/x", WirePayload.encode(complete, null));
            assertEquals(200, farSide.ask("gw01", "APP-V1/GET/x").metrics().get("response.code"));
            assertEquals(1, calls.get());
            assertNoOtherReply();
        }
    }

    @Test
    void whatAHandlerThrowsDecidesTheCode() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            answering(
                    rig,
                    "APP-V1",
                    (context, request) -> {
                        switch (resource(request)) {
                            case "bad" -> throw new KuraException(KuraErrorCode.BAD_REQUEST, "why");
                            case "absent" ->
                                    throw new KuraException(KuraErrorCode.NOT_FOUND, "why");
                            case "kura" ->
                                    throw new KuraException(KuraErrorCode.STORE_ERROR, "why");
                            case "argument" -> throw new IllegalArgumentException("why");
                            case "broken" -> throw new IllegalStateException("why");
                            default -> {
                                return ok();
                            }
                        }
                    });
            awaitSubscription("APP-V1");
            assertReply(400, true, "APP-V1/GET/bad");
            assertReply(404, true, "APP-V1/GET/absent");
            assertReply(500, true, "APP-V1/GET/kura");
            assertReply(400, false, "APP-V1/GET/argument");
            assertReply(500, false, "APP-V1/GET/broken");
            assertReply(400, false, "APP-V1/PATCH/x");
            assertReply(500, true, "APP-V1/PUT/not-implemented");
        }
    }

    @Test
    void nullAndErrorsAreNeverAnsweredAndDoNotHurtTheNextRequest() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            answering(
                    rig,
                    "APP-V1",
                    (context, request) -> {
                        switch (resource(request)) {
                            case "null" -> {
                                return null;
                            }
                            case "error" -> throw new NoClassDefFoundError("swapped");
                            default -> {
                                return ok();
                            }
                        }
                    });
            awaitSubscription("APP-V1");
            for (String resource : List.of("null", "error", "error", "null")) {
                farSide.publish(
                        "$EDC/acme/gw01/APP-V1/GET/" + resource,
                        WirePayload.encode(
                                Map.of("request.id", resource, "requester.client.id", FarSide.ID),
                                null));
            }
            assertReply(200, false, "APP-V1/GET/x");
            assertNoOtherReply();
        }
    }

    @Test
    void exactlyTwoRequestsRunAtOnce() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger running = new AtomicInteger();
            AtomicInteger begun = new AtomicInteger();
            answering(
                    rig,
                    "APP-V1",
                    (context, request) -> {
                        if (resource(request).equals("slow")) {
                            begun.incrementAndGet();
                            running.incrementAndGet();
                            waitFor(release);
                            running.decrementAndGet();
                        }
                        return ok();
                    });
            awaitSubscription("APP-V1");
            for (int i = 0; i < 3; i++) {
                farSide.publish(
                        "$EDC/acme/gw01/APP-V1/GET/slow",
                        WirePayload.encode(
                                Map.of("request.id", "slow" + i, "requester.client.id", FarSide.ID),
                                null));
            }
            Await.until("two requests run", SOON, () -> running.get() == 2);
            assertEquals(2, begun.get());
            release.countDown();
            Await.until("the third runs after them", SOON, () -> begun.get() == 3);
        }
    }

    @Test
    void repliesAndNotificationsGoToTheRequester() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            answering(
                    rig,
                    "APP-V1",
                    (context, request) -> {
                        KuraPayload progress = new KuraPayload();
                        progress.addMetric("percent", 50);
                        context.getNotificationPublisher()
                                .publish(
                                        new KuraMessage(
                                                progress,
                                                Map.of(
                                                        "appId", "APP-V1",
                                                        "messageType", "progress",
                                                        "requestorClientId", FarSide.ID)));
                        KuraResponsePayload reply = new KuraResponsePayload(200);
                        reply.addMetric("tenant", context.getContextProperties().get("TENANT_ID"));
                        reply.addMetric("device", context.getContextProperties().get("DEVICE_ID"));
                        reply.setBody(request.getPayload().getBody());
                        return new KuraMessage(reply);
                    });
            awaitSubscription("APP-V1");
            farSide.publish(
                    "$EDC/acme/gw01/APP-V1/EXEC/a/b",
                    WirePayload.encode(
                            Map.of("request.id", "7", "requester.client.id", FarSide.ID),
                            "hello".getBytes(StandardCharsets.UTF_8)));
            Message replied = farSide.await("$EDC/acme/agg1/APP-V1/REPLY/7");
            assertEquals(0, replied.qos());
            WirePayload reply = replied.payload();
            assertEquals("acme", reply.text("tenant"));
            assertEquals("gw01", reply.text("device"));
            assertEquals("hello", new String(reply.body(), StandardCharsets.UTF_8));
            assertFalse(reply.compressed(), "a short payload is not made longer by gzip");
            Message notification = farSide.await("$EDC/acme/agg1/APP-V1/NOTIFY/gw01/progress");
            assertEquals(0, notification.qos());
            assertEquals(50, notification.payload().metrics().get("percent"));
        }
    }

    @Test
    void theRateLimitHoldsFromPriorityFiveOn() throws Exception {
        try (Rig rig = rig(Map.of("rate.limit.time.unit", "HOURS"))) {
            farSide.await(BIRTH);
            for (int i = 0; i < 3; i++) {
                publish(rig, "slow", 7, 0);
            }
            for (int i = 0; i < 20; i++) {
                publish(rig, "fast", 4, 0);
            }
            awaitMany("acme/gw01/W1/fast", 20);
            farSide.await("acme/gw01/W1/slow");
            assertEquals(
                    List.of(),
                    farSide.arrived(m -> m.topic().endsWith("/slow")),
                    "more than one an hour");
        }
    }

    @Test
    void aDisabledRateLimitLimitsNothing() throws Exception {
        try (Rig rig = rig(Map.of("enable.rate.limit", false, "rate.limit.time.unit", "HOURS"))) {
            farSide.await(BIRTH);
            for (int i = 0; i < 20; i++) {
                publish(rig, "slow", 7, 0);
            }
            awaitMany("acme/gw01/W1/slow", 20);
        }
    }

    @Test
    void whatWasStoredOfflineLeavesByPriorityAfterBirth() throws Exception {
        try (Rig rig = rig(Map.of("connect.auto-on-startup", false))) {
            publish(rig, "third", 4, 1);
            publish(rig, "second", 3, 1);
            publish(rig, "first", 2, 1);
            rig.cloud.connect();
            awaitMany("acme/gw01/W1/third", 1);
            farSide.await(BIRTH);
        }
        List<String> order =
                Files.readAllLines(brokerLog()).stream()
                        .filter(line -> line.contains("Received PUBLISH from gw01"))
                        .map(line -> line.replaceAll(".*(BIRTH|first|second|third|DC).*", "$1"))
                        .toList();
        assertEquals(
                List.of("BIRTH", "first", "second", "third"),
                order.subList(order.lastIndexOf("BIRTH"), order.lastIndexOf("BIRTH") + 4));
    }

    @Test
    void lifeCycleAndRepliesAreStoredBeyondTheCapacity() throws Exception {
        try (Rig rig = rig(Map.of("connect.auto-on-startup", false, "store.capacity", 2))) {
            publish(rig, "a", 2, 1);
            publish(rig, "b", 2, 1);
            try {
                publish(rig, "c", 2, 1);
                throw new AssertionError("a third message was accepted");
            } catch (KuraStoreCapacityReachedException expected) {
                assertNotNull(publish(rig, "control", 1, 1));
                assertNotNull(publish(rig, "life", 0, 1));
            }
        }
    }

    @Test
    void messagesLeaveAgainWhenTheBrokerComesBack() throws Exception {
        try (Mosquitto own = Mosquitto.start(folder);
                Rig rig = new Rig(own, folder.resolve("data"))) {
            List<String> confirmed = Collections.synchronizedList(new ArrayList<>());
            rig.cloud.registerCloudDeliveryListener(confirmed::add);
            String first = publish(rig, "first", 3, 1);
            Await.until("connected, and at rest", SOON, () -> confirmed.contains(first));
            own.stop();
            Await.until("disconnected", SOON, () -> !rig.cloud.isConnected());
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                ids.add(publish(rig, "kept", 3, 1));
            }
            own.start();
            Await.until("all confirmed", SOON, () -> confirmed.containsAll(ids));
        }
    }

    @Test
    void whatWasInFlightIsSentAgainInANewSession() throws Exception {
        assertEquals(1, deliveriesAfterANewSession(true));
    }

    @Test
    void whatWasInFlightIsDroppedWhenSoConfigured() throws Exception {
        assertEquals(0, deliveriesAfterANewSession(false));
    }

    /** A message is sent to a broker that hangs and then is another one. */
    private long deliveriesAfterANewSession(boolean republish) throws Exception {
        Map<String, Object> data = Map.of("in-flight-messages.republish-on-new-session", republish);
        try (Mosquitto own = Mosquitto.start(folder);
                Rig rig = new Rig(own, folder.resolve("data"), data, Map.of())) {
            List<String> confirmed = Collections.synchronizedList(new ArrayList<>());
            rig.cloud.registerCloudDeliveryListener(confirmed::add);
            String first = publish(rig, "first", 3, 1);
            Await.until("at rest", SOON, () -> confirmed.contains(first));
            own.hang();
            publish(rig, "flying", 3, 1);
            Await.until("in flight", SOON, () -> rig.data.inFlight() == 1);
            own.stop();
            own.start();
            String last = publish(rig, "last", 4, 1);
            Await.until("delivered", SOON, () -> confirmed.contains(last));
            return Files.readAllLines(folder.resolve("mosquitto-" + own.port() + ".log")).stream()
                    .filter(line -> line.contains("Received PUBLISH from gw01"))
                    .filter(line -> line.contains("W1/flying"))
                    .count();
        }
    }

    @Test
    void whatAKilledGatewayAcceptedLeavesAfterItsRestart() throws Exception {
        Path log = folder.resolve("accepted.log");
        Process killed =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                OfflineGateway.class.getName(),
                                folder.toString())
                        .redirectError(folder.resolve("gateway.err").toFile())
                        .redirectOutput(log.toFile())
                        .start();
        Await.until(
                "100 messages accepted",
                SOON,
                () -> read(log).chars().filter(character -> character == '\n').count() >= 100);
        killed.destroyForcibly().waitFor(60, TimeUnit.SECONDS);
        try (Rig rig = rig()) {
            for (int i = 1; i <= 100; i++) {
                farSide.await("acme/gw01/W1/kept/" + i);
            }
        }
    }

    /** Publishes without a broker until it is killed. */
    static final class OfflineGateway {
        public static void main(String... arguments) throws KuraException {
            Rig rig =
                    new Rig(
                            "mqtt://127.0.0.1:1/",
                            Path.of(arguments[0]),
                            Map.of(),
                            Map.of("connect.auto-on-startup", false));
            for (int i = 1; i < 10_000; i++) {
                publish(rig, "kept/" + i, 3, 1);
                System.out.println(i);
                System.out.flush();
            }
        }
    }

    @Test
    void onlyQosOneHasAnIdAndIsConfirmed() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            List<String> confirmed = Collections.synchronizedList(new ArrayList<>());
            rig.cloud.registerCloudDeliveryListener(confirmed::add);
            assertNull(publish(rig, "zero", 3, 0));
            String id = publish(rig, "one", 3, 1);
            Await.until("confirmed " + id, SOON, () -> confirmed.contains(id));
            farSide.await("acme/gw01/W1/zero");
            assertEquals(List.of(id), confirmed);
        }
    }

    @Test
    void subscribersGetTheGatewaysOwnDataTopics() throws Exception {
        try (Rig rig = rig()) {
            farSide.await(BIRTH);
            List<KuraMessage> received = Collections.synchronizedList(new ArrayList<>());
            rig.cloud.registerSubscriber(
                    Map.of("APP_ID", "W1", "APP_TOPIC", "A1/#", "QOS", 1, "CONTROL", false),
                    received::add);
            farSide.publish(
                    "acme/gw01/W1/A1/temperature", WirePayload.encode(Map.of("t", 20.5d), null));
            Await.until("received", SOON, () -> received.size() == 1);
            KuraMessage message = received.get(0);
            assertEquals(20.5d, message.getPayload().getMetric("t"));
            assertEquals("gw01", message.getProperties().get("deviceId"));
            assertEquals("A1/temperature", message.getProperties().get("appTopic"));
        }
    }

    @Test
    void withoutDefaultSubscriptionsTheGatewayIsNotManageable() throws Exception {
        try (Rig rig =
                new Rig(broker, folder, Map.of(), Map.of("enable.default.subscriptions", false))) {
            farSide.await(BIRTH);
            rig.cloud.registerRequestHandler("APP-V1", new RequestHandler() {});
            farSide.await(APPS);
        }
        List<String> lines = Files.readAllLines(brokerLog());
        String all = String.join("\n", lines);
        String session = all.substring(all.lastIndexOf("New client connected from 127.0.0.1"));
        assertFalse(session.contains("SUBSCRIBE from gw01"), session);
    }

    @Test
    void jsonEncodingIsUsedForBirthToo() {
        try (Rig rig =
                new Rig(broker, folder, Map.of(), Map.of("payload.encoding", "simple-json"))) {
            String birth = farSide.await(BIRTH).text();
            assertTrue(birth.startsWith("{\"sentOn\":"), birth);
            assertTrue(birth.contains("\"payload_encoding\":\"SIMPLE_JSON\""), birth);
        }
    }

    @Test
    void aBadConfigurationKeepsTheLastGoodOne() {
        try (Rig rig = new Rig(broker, folder, Map.of(), Map.of("topic.control-prefix", "MINE"))) {
            farSide.await("MINE/acme/gw01/MQTT/BIRTH");
            rig.cloud.updated(Map.of("topic.control-prefix", "a/b"));
            rig.data.updated(Map.of("connect.auto-on-startup", true, "store.capacity", 0));
            rig.transport.updated(Map.of("broker-url", "http://nowhere"));
            assertEquals("MINE", rig.cloud.controlPrefix());
            assertTrue(rig.cloud.isConnected());
            assertEquals(broker.url(), rig.transport.broker());
        }
    }

    private Rig rig() {
        return rig(Map.of());
    }

    private Rig rig(Map<String, Object> dataProperties) {
        return new Rig(broker, folder, dataProperties, Map.of());
    }

    private interface Handling {
        KuraMessage handle(RequestHandlerContext context, KuraMessage request) throws KuraException;
    }

    private static void answering(Rig rig, String application, Handling handling) {
        rig.cloud.registerRequestHandler(
                application,
                new RequestHandler() {
                    @Override
                    public KuraMessage doGet(RequestHandlerContext context, KuraMessage request)
                            throws KuraException {
                        return handling.handle(context, request);
                    }

                    @Override
                    public KuraMessage doExec(RequestHandlerContext context, KuraMessage request)
                            throws KuraException {
                        return handling.handle(context, request);
                    }
                });
    }

    private static KuraMessage ok() {
        return new KuraMessage(new KuraResponsePayload(200));
    }

    private static String resource(KuraMessage request) {
        return ((List<?>)
                        request.getProperties()
                                .get(RequestHandlerMessageConstants.ARGS_KEY.value()))
                .get(0)
                .toString();
    }

    /** BIRTH comes before the subscription: asks until the first answer. */
    private void awaitSubscription(String application) {
        String reply = "$EDC/acme/agg1/" + application + "/REPLY/first";
        Await.until(
                application + " answers",
                SOON,
                () -> {
                    farSide.publish(
                            "$EDC/acme/gw01/" + application + "/GET/first",
                            WirePayload.encode(
                                    Map.of(
                                            "request.id",
                                            "first",
                                            "requester.client.id",
                                            FarSide.ID),
                                    null));
                    return farSide.take(message -> message.topic().equals(reply)).isPresent();
                });
    }

    private void assertNoOtherReply() {
        assertEquals(
                List.of(),
                farSide.arrived(
                        m -> m.topic().contains("/REPLY/") && !m.topic().endsWith("/first")));
    }

    private void assertReply(int code, boolean withMessage, String resource) {
        WirePayload reply = farSide.ask("gw01", resource);
        assertEquals(code, reply.metrics().get("response.code"), resource);
        assertEquals(
                withMessage, reply.metrics().containsKey("response.exception.message"), resource);
    }

    private static String publish(Rig rig, String topic, int priority, int qos)
            throws KuraException {
        KuraPayload payload = new KuraPayload();
        payload.addMetric("n", 1);
        return rig.cloud.publish(
                new KuraMessage(
                        payload,
                        Map.of(
                                "APP_ID",
                                "W1",
                                "APP_TOPIC",
                                topic,
                                "CONTROL",
                                false,
                                "QOS",
                                qos,
                                "RETAIN",
                                false,
                                "PRIORITY",
                                priority)));
    }

    private List<Message> awaitMany(String topic, int count) {
        return Stream.generate(() -> farSide.await(topic)).limit(count).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path brokerLog() {
        return brokerFolder.resolve("mosquitto-" + broker.port() + ".log");
    }

    /** Another client with the same id: the broker cuts the first one off. */
    private static void stealConnection(String clientId) {
        com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient thief =
                com.hivemq.client.mqtt.MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(clientId)
                        .serverHost("127.0.0.1")
                        .serverPort(broker.port())
                        .buildBlocking();
        thief.connect();
        if (thief.getState().isConnected()) {
            thief.disconnect();
        }
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
