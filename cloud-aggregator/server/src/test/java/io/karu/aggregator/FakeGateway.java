package io.karu.aggregator;

import com.fasterxml.jackson.databind.JsonNode;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Json;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A gateway that speaks Kura's protocol over a real broker and does what a test tells it. Its
 * exchanges are written from the protocol's description (life cycle, DEPLOY-V2, INVENTORY-V1,
 * CONF-V2, KARU-V1), with the client that Kura's MQTT 3.1.1 means.
 */
final class FakeGateway implements AutoCloseable {
    static final String INSTALLATION = "5e4b";
    static final String FETCH = "KARU-V1 EXEC/transfers/fetch";
    static final String ALL = "DEPLOY-V2,INVENTORY-V1,CONF-V2,KARU-V1";

    /** For a broker on a busy machine. */
    private static final long PATIENCE_SECONDS = 60;

    private final Topics topics = new Topics();
    private final GatewayId id;
    private final ExecutorService worker =
            Executors.newSingleThreadExecutor(w -> new Thread(w, "fake-gateway"));
    private final Map<String, Installed> packages = new ConcurrentHashMap<>();
    private final Map<String, String> checks = new ConcurrentHashMap<>();
    private final Map<String, Map<String, JsonNode>> components = new ConcurrentHashMap<>();
    private final Map<String, JsonNode> definitions = new ConcurrentHashMap<>();
    private final Map<String, String> aliases = new ConcurrentHashMap<>();
    private final Map<String, String> lastGood = new ConcurrentHashMap<>();
    private final Set<String> rejected = ConcurrentHashMap.newKeySet();
    private final List<String> storedModels = new CopyOnWriteArrayList<>();
    private final List<Download> downloads = new CopyOnWriteArrayList<>();
    private final ConcurrentLinkedQueue<Reaction> reactions = new ConcurrentLinkedQueue<>();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<JsonNode> rollbackOrders = new CopyOnWriteArrayList<>();
    private volatile Mqtt3AsyncClient client;
    private volatile Download busyWith;
    private volatile boolean silent;
    private volatile String applications = ALL;
    private volatile String java = "17.0.15+6";
    private volatile String kura = "KURA_5.6.0";

    /** An installed package; state of each bundle by name and version. */
    record Installed(String version, Map<String, String> bundles) {}

    /** An EXEC/download. */
    record Download(
            String requester,
            long job,
            URI uri,
            String name,
            String version,
            String hash,
            boolean reboot) {
        String token() {
            return uri.getPath().split("/")[2];
        }

        String file() {
            return uri.getPath().split("/")[3];
        }
    }

    /** What a test lets a resource say; empty: it fails. */
    interface Answer {
        Optional<String> to(JsonNode body) throws Exception;
    }

    /** Lets a resource, such as {@code KARU-V1 GET/compression/jobs}, say what a test wants. */
    void answer(String what, Answer answer) {
        answers.put(what, answer);
    }

    /** What happens at an accepted download. */
    interface Reaction {
        void to(Download download) throws Exception;
    }

    FakeGateway(GatewayId id) {
        this.id = id;
    }

    GatewayId id() {
        return id;
    }

    FakeGateway applications(String ids) {
        applications = ids;
        return this;
    }

    FakeGateway java(String version) {
        java = version;
        return this;
    }

    FakeGateway kura(String version) {
        kura = version;
        return this;
    }

    void check(String name, boolean ok, String reason) {
        checks.put(name, (ok ? "+" : "-") + reason);
    }

    void store(String digest) {
        storedModels.add(digest);
    }

    Map<String, Map<String, JsonNode>> components() {
        return components;
    }

    void define(String pid, String definition) {
        definitions.put(pid, Json.tree(definition));
    }

    Map<String, Installed> packages() {
        return packages;
    }

    List<Download> downloads() {
        return downloads;
    }

    /** What came as order with each activation; a missing node when none did. */
    List<JsonNode> rollbackOrders() {
        return rollbackOrders;
    }

    List<String> requests() {
        return requests;
    }

    /** Reactions to the next downloads, in order; afterwards a download installs what it says. */
    void reactToDownload(Reaction reaction) {
        reactions.add(reaction);
    }

    /** The next download begins, but neither the request nor anything else is answered. */
    void leaveDownloadUnanswered() {
        silent = true;
    }

    void connect(URI broker, String user, String password) throws Exception {
        client =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(id.clientId())
                        .serverHost(broker.getHost())
                        .serverPort(broker.getPort())
                        .simpleAuth()
                        .username(user)
                        .password(password.getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .willPublish()
                        .topic("$EDC/" + id + "/MQTT/LWT")
                        .qos(MqttQos.AT_MOST_ONCE)
                        .payload(new byte[0])
                        .applyWillPublish()
                        .buildAsync();
        Persevering.connect(
                () ->
                        client.connectWith()
                                .cleanSession(true)
                                .keepAlive(30)
                                .send()
                                .get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        birth("BIRTH");
        client.subscribeWith()
                .topicFilter("$EDC/" + id + "/#")
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(this::receive)
                .send()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void birth(String event) throws Exception {
        Payload payload =
                Payload.builder()
                        .metric("uptime", "1000")
                        .metric("display_name", "Gateway " + id.clientId())
                        .metric("kura_version", kura)
                        .metric("jvm_version", java)
                        .metric("os_arch", "amd64")
                        .metric("payload_encoding", "KURA_PROTOBUF")
                        .metric("application_ids", applications)
                        .build();
        publish("$EDC/" + id + "/MQTT/" + event, payload);
    }

    /** Says goodbye. */
    void disconnect() throws Exception {
        publish("$EDC/" + id + "/MQTT/DC", Payload.builder().metric("uptime", "2000").build());
        client.disconnect().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void publishRaw(String topic, byte[] payload) throws Exception {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload)
                .send()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    Mqtt3AsyncClient client() {
        return client;
    }

    private void publish(String topic, Payload payload) throws Exception {
        publishRaw(topic, KuraProtobuf.encodeCompressed(payload));
    }

    void notifyDownload(Download d, int progress, String status, String error) throws Exception {
        publish(
                "$EDC/"
                        + id.account()
                        + "/"
                        + d.requester()
                        + "/DEPLOY-V2/NOTIFY/"
                        + id.clientId()
                        + "/download",
                Payload.builder()
                        .metric("job.id", d.job())
                        .metric("client.id", id.clientId())
                        .metric("dp.download.index", 0)
                        .metric("dp.download.size", 1000)
                        .metric("dp.download.progress", progress)
                        .metric("dp.download.status", status)
                        .metric("dp.download.error.message", error)
                        .build());
    }

    void notifyInstall(Download d, String status, String error) throws Exception {
        busyWith = null;
        publish(
                "$EDC/"
                        + id.account()
                        + "/"
                        + d.requester()
                        + "/DEPLOY-V2/NOTIFY/"
                        + id.clientId()
                        + "/install",
                Payload.builder()
                        .metric("job.id", d.job())
                        .metric("client.id", id.clientId())
                        .metric("dp.name", d.name() + "_" + d.version() + ".dp")
                        .metric("dp.install.status", status)
                        .metric("dp.install.progress", status.equals("COMPLETED") ? 100 : 0)
                        .metric("dp.install.error.message", error)
                        .build());
    }

    /**
     * Puts the package of a download in place, each bundle {@code <package>.bundle} of its version
     * in this state.
     */
    void putInPlace(Download d, String state) {
        packages.put(
                d.name(),
                new Installed(d.version(), Map.of(d.name() + ".bundle " + d.version(), state)));
    }

    void idle() {
        busyWith = null;
    }

    private void installAsTold(Download d) throws Exception {
        notifyDownload(d, 0, "IN_PROGRESS", null);
        notifyDownload(d, 100, "COMPLETED", null);
        putInPlace(d, "ACTIVE");
        notifyInstall(d, "COMPLETED", null);
    }

    private void receive(Mqtt3Publish publish) {
        topics.parse(publish.getTopic().toString())
                .filter(Topic.Request.class::isInstance)
                .map(Topic.Request.class::cast)
                .ifPresent(
                        topic ->
                                worker.execute(
                                        () ->
                                                answer(
                                                        topic,
                                                        KuraProtobuf.decode(
                                                                publish.getPayloadAsBytes()))));
    }

    private void work(Runnable answer) {
        if (!worker.isShutdown()) {
            worker.execute(answer);
        }
    }

    private void answer(Topic.Request topic, Payload request) {
        String what = topic.appId() + " " + topic.method() + "/" + topic.path();
        requests.add(what);
        try {
            Answer own = answers.get(what);
            if (own != null) {
                JsonNode body =
                        request.body()
                                .map(bytes -> Json.tree(new String(bytes, StandardCharsets.UTF_8)))
                                .orElse(null);
                Optional<String> said = own.to(body);
                reply(topic, request, said.isPresent() ? 200 : 500, said.orElse("{}"));
                return;
            }
            switch (what) {
                case "INVENTORY-V1 GET/deploymentPackages" ->
                        reply(topic, request, 200, inventory());
                case "DEPLOY-V2 GET/download" -> replyWith(topic, request, downloadStatus());
                case "DEPLOY-V2 DEL/download" -> {
                    busyWith = null;
                    reply(topic, request, 200, null);
                }
                case "DEPLOY-V2 EXEC/download" -> download(topic, request);
                case "KARU-V1 GET/health" -> reply(topic, request, 200, health());
                case "KARU-V1 GET/models" -> reply(topic, request, 200, models());
                case "KARU-V1 EXEC/models/activate" -> activate(topic, request);
                case "KARU-V1 EXEC/models/rollback" -> rollBack(topic, request);
                case "CONF-V2 POST/configurableComponents/configurations/byPid" ->
                        reply(topic, request, 200, configurations(request));
                case "CONF-V2 POST/factoryComponents",
                        "CONF-V2 PUT/configurableComponents/configurations/_update" -> {
                    configure(request);
                    reply(topic, request, 200, null);
                }
                default -> reply(topic, request, 404, "{\"message\":\"" + what + "\"}");
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void download(Topic.Request topic, Payload request) throws Exception {
        if (busyWith != null) {
            replyWith(
                    topic,
                    request,
                    Payload.builder()
                            .metric("response.code", 500)
                            .metric("download.status", "IN_PROGRESS"));
            return;
        }
        Download d =
                new Download(
                        request.string("requester.client.id").orElseThrow(),
                        request.metric("job.id", Long.class).orElseThrow(),
                        URI.create(request.string("dp.uri").orElseThrow()),
                        request.string("dp.name").orElseThrow(),
                        request.string("dp.version").orElseThrow(),
                        request.string("dp.download.hash").orElseThrow(),
                        request.metric("dp.reboot", Boolean.class).orElse(false));
        boolean asKuraWants =
                request.string("dp.download.protocol").filter("HTTP"::equals).isPresent()
                        && request.metric("dp.install.system.update", Boolean.class).isPresent()
                        && request.metric("dp.download.force", Boolean.class).orElse(false)
                                != answers.containsKey(FETCH);
        if (!asKuraWants) {
            reply(topic, request, 400, null);
            return;
        }
        busyWith = d;
        downloads.add(d);
        if (silent) {
            silent = false;
            return;
        }
        reply(topic, request, 200, null);
        Reaction reaction = reactions.poll();
        if (reaction == null) {
            installAsTold(d);
        } else {
            reaction.to(d);
        }
    }

    private Payload.Builder downloadStatus() {
        Download now = busyWith;
        Payload.Builder status =
                Payload.builder().metric("response.code", 200).metric("dp.download.size", 0);
        return now == null
                ? status.metric("dp.download.status", "ALREADY DONE")
                        .metric("dp.download.progress", 100)
                : status.metric("dp.download.status", "IN_PROGRESS")
                        .metric("dp.download.progress", 40)
                        .metric("job.id", now.job());
    }

    private String inventory() {
        List<Object> dps = new ArrayList<>();
        packages.forEach(
                (name, installed) -> {
                    List<Object> bundles = new ArrayList<>();
                    installed
                            .bundles()
                            .forEach(
                                    (bundle, state) ->
                                            bundles.add(
                                                    Map.of(
                                                            "name",
                                                            bundle.split(" ")[0],
                                                            "version",
                                                            bundle.split(" ")[1],
                                                            "id",
                                                            7,
                                                            "state",
                                                            state,
                                                            "signed",
                                                            false)));
                    dps.add(
                            Map.of(
                                    "name",
                                    name,
                                    "version",
                                    installed.version(),
                                    "bundles",
                                    bundles,
                                    "signed",
                                    false));
                });
        return Json.write(Map.of("deploymentPackages", dps));
    }

    private String health() {
        List<Object> list = new ArrayList<>();
        checks.forEach(
                (name, text) ->
                        list.add(
                                Map.of(
                                        "name",
                                        name,
                                        "ok",
                                        text.startsWith("+"),
                                        "reason",
                                        text.substring(1))));
        boolean ok = checks.values().stream().allMatch(text -> text.startsWith("+"));
        return Json.write(Map.of("contract", 1, "ok", ok, "checks", list));
    }

    private String models() {
        List<Object> list = new ArrayList<>();
        for (String digest : storedModels) {
            List<String> names =
                    aliases.entrySet().stream()
                            .filter(e -> e.getValue().equals(digest))
                            .map(Map.Entry::getKey)
                            .toList();
            list.add(
                    Map.of(
                            "name",
                            "golden-template",
                            "version",
                            "1",
                            "digest",
                            digest,
                            "aliases",
                            names,
                            "state",
                            rejected.contains(digest)
                                    ? "REJECTED"
                                    : names.isEmpty() ? "STORED" : "ACTIVE",
                            "generation",
                            1));
        }
        return Json.write(Map.of("contract", 1, "installation", INSTALLATION, "models", list));
    }

    private void activate(Topic.Request topic, Payload request) throws Exception {
        JsonNode body = Json.tree(new String(request.body().orElseThrow(), StandardCharsets.UTF_8));
        if (body.path("digest").asText().endsWith("bad")) {
            reply(
                    topic,
                    request,
                    500,
                    "{\"contract\":1,\"code\":\"GOLDEN_MISMATCH\",\"message\":\"output score differs\"}");
            return;
        }
        if (body.path("digest").asText().endsWith("01d") && !body.has("order")) {
            reply(
                    topic,
                    request,
                    400,
                    "{\"contract\":1,\"code\":\"OUTDATED\",\"message\":\"release 2 has decided here\"}");
            return;
        }
        rollbackOrders.add(body.path("order"));
        String alias = body.path("alias").asText();
        Optional.ofNullable(aliases.put(alias, body.path("digest").asText()))
                .ifPresent(before -> lastGood.put(alias, before));
        reply(topic, request, 200, "{\"contract\":1,\"generation\":2}");
    }

    private void rollBack(Topic.Request topic, Payload request) throws Exception {
        JsonNode body = Json.tree(new String(request.body().orElseThrow(), StandardCharsets.UTF_8));
        String alias = body.path("alias").asText();
        String before = lastGood.remove(alias);
        if (before == null) {
            reply(
                    topic,
                    request,
                    500,
                    "{\"contract\":1,\"code\":\"NO_LAST_GOOD\",\"message\":\"no version decided before\"}");
            return;
        }
        rejected.add(aliases.put(alias, before));
        reply(topic, request, 200, "{\"contract\":1,\"generation\":3}");
    }

    private String configurations(Payload request) {
        JsonNode pids =
                Json.tree(new String(request.body().orElseThrow(), StandardCharsets.UTF_8))
                        .path("pids");
        List<Object> configs = new ArrayList<>();
        for (JsonNode pid : pids) {
            Map<String, JsonNode> properties = components.get(pid.asText());
            if (properties != null) {
                Map<String, Object> told = new LinkedHashMap<>();
                properties.forEach(
                        (name, value) ->
                                told.put(
                                        name,
                                        value.path("type").asText().equals("PASSWORD")
                                                ? Map.of("type", "PASSWORD", "value", "placeholder")
                                                : value));
                JsonNode definition =
                        definitions.getOrDefault(pid.asText(), Json.tree("{\"ad\":[]}"));
                configs.add(
                        Map.of("pid", pid.asText(), "definition", definition, "properties", told));
            }
        }
        return Json.write(Map.of("configs", configs));
    }

    private void configure(Payload request) {
        JsonNode body = Json.tree(new String(request.body().orElseThrow(), StandardCharsets.UTF_8));
        for (JsonNode config : body.path("configs")) {
            Map<String, JsonNode> properties =
                    components.computeIfAbsent(
                            config.path("pid").asText(), pid -> new ConcurrentSkipListMap<>());
            config.path("properties")
                    .fields()
                    .forEachRemaining(f -> properties.put(f.getKey(), f.getValue()));
        }
    }

    private void reply(Topic.Request topic, Payload request, int code, String body)
            throws Exception {
        Payload.Builder payload = Payload.builder().metric("response.code", code);
        if (body != null) {
            payload.body(body.getBytes(StandardCharsets.UTF_8));
        }
        replyWith(topic, request, payload);
    }

    private void replyWith(Topic.Request topic, Payload request, Payload.Builder payload)
            throws Exception {
        request.string("traceparent")
                .ifPresent(
                        trace ->
                                payload.metric("traceparent", trace)
                                        .metric("karu.handled.micros", 1500L));
        String requester = request.string("requester.client.id").orElseThrow();
        String requestId = request.string("request.id").orElseThrow();
        publish(
                "$EDC/"
                        + id.account()
                        + "/"
                        + requester
                        + "/"
                        + topic.appId()
                        + "/REPLY/"
                        + requestId,
                payload.build());
    }

    @Override
    public void close() {
        if (client != null && client.getState().isConnected()) {
            client.disconnect().join();
        }
        worker.shutdownNow();
    }
}
