package io.karu.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hivemq.client.internal.mqtt.MqttClientConnectionConfig;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import io.reactivex.Flowable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A gateway of the simulated fleet. Thread-safe. */
public final class SimulatedGateway {
    static final String KURA = "KURA_5.6.0";
    static final List<String> APPLICATIONS =
            List.of("DEPLOY-V2", "INVENTORY-V1", "CONF-V2", "KARU-V1");

    private static final int KEEP_ALIVE_SECONDS = 30;

    /** Kura's default. */
    private static final int IN_FLIGHT = 9;

    private final Identity identity;
    private final Simulator simulator;
    private final Behaviour behaviour = new Behaviour();
    private final Software software = new Software();
    private final Topics topics = new Topics();
    private final Downloads downloads;
    private final Answers answers;
    private final Instant started = Instant.now();
    private final ConcurrentLinkedDeque<Batch> journal = new ConcurrentLinkedDeque<>();
    private final BitSet accepted = new BitSet();
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong spoken = new AtomicLong();
    private final AtomicLong attempts = new AtomicLong();
    private volatile Mqtt3AsyncClient client;
    private volatile Line line;
    private volatile Duration reconnects;
    private volatile boolean wanted;

    /** A message of verdicts that the broker has not acknowledged yet. */
    private record Batch(Payload payload, long first, long last) {}

    SimulatedGateway(Identity identity, Simulator simulator) {
        this.identity = identity;
        this.simulator = simulator;
        this.downloads =
                new Downloads(identity, software, behaviour, simulator, this::say, this::lose);
        this.answers =
                new Answers(
                        identity,
                        software,
                        downloads,
                        behaviour,
                        this::stations,
                        () -> (ObjectNode) Answers.contract().set("evidence", evidence()),
                        this::say);
    }

    public Identity identity() {
        return identity;
    }

    public Behaviour behaviour() {
        return behaviour;
    }

    /** Puts a package in place as Kura does at its start: without any message. */
    public SimulatedGateway install(byte[] dp) {
        try {
            software.install(PackageFile.read(dp), "ACTIVE");
            return this;
        } catch (IOException e) {
            throw new IllegalArgumentException("the package cannot be read", e);
        }
    }

    /** Version of an installed package. */
    public Optional<String> installed(String packageName) {
        return software.version(packageName);
    }

    /** Digest of the version that decides. */
    public Optional<String> champion(String model) {
        return software.champion(model);
    }

    /** Digest of the version that runs in the shadow of the one that decides. */
    public Optional<String> challenger(String model) {
        return software.digest(model, "challenger");
    }

    /** Somebody activates a version at the gateway itself. */
    public SimulatedGateway activate(String model, String digest) {
        software.activate(model, "champion", digest);
        return this;
    }

    /** Value of a component's property; a missing node when it was never written. */
    public JsonNode property(String pid, String name) {
        return software.property(pid, name);
    }

    /** Writes a component as an installer of the gateway does, body as in CONF-V2. */
    public SimulatedGateway configure(String body) {
        try {
            software.configure(Software.JSON.readTree(body));
            return this;
        } catch (IOException e) {
            throw new IllegalArgumentException("the body is not JSON", e);
        }
    }

    /** Connects again by itself this long after it lost its connection. */
    public SimulatedGateway reconnects(Duration after) {
        reconnects = after;
        return this;
    }

    /** Connects, says BIRTH, and then subscribes, in Kura's order. */
    public CompletableFuture<Void> connect() {
        wanted = true;
        attempts.incrementAndGet();
        Mqtt3AsyncClient connecting = build();
        return connecting
                .connectWith()
                .cleanSession(true)
                .keepAlive(KEEP_ALIVE_SECONDS)
                .send()
                .thenCompose(
                        ack -> {
                            client = connecting;
                            return publish(lifecycle("BIRTH"), birth());
                        })
                .thenCompose(
                        birth ->
                                connecting
                                        .subscribeWith()
                                        .topicFilter(
                                                topics.requestsTo(
                                                        identity.account(), identity.clientId()))
                                        .qos(MqttQos.AT_LEAST_ONCE)
                                        .callback(this::receive)
                                        .send())
                .thenAccept(subscribed -> sendJournal());
    }

    private Mqtt3AsyncClient build() {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(identity.clientId())
                .serverHost(identity.broker().getHost())
                .serverPort(identity.broker().getPort())
                .simpleAuth()
                .username(identity.user())
                .password(identity.password().getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .willPublish()
                .topic(lifecycle("LWT"))
                .qos(MqttQos.AT_MOST_ONCE)
                .payload(new byte[0])
                .applyWillPublish()
                .addDisconnectedListener(context -> lost())
                .buildAsync();
    }

    private void lost() {
        Duration pause = reconnects;
        if (wanted && pause != null) {
            simulator.later(this::reconnect, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void reconnect() {
        if (wanted && !connected()) {
            connect();
        }
    }

    /** Says goodbye (DC) and leaves. */
    public CompletableFuture<Void> disconnect() {
        wanted = false;
        Mqtt3AsyncClient leaving = client;
        return publish(
                        lifecycle("DC"),
                        Payload.builder()
                                .metric("uptime", uptime())
                                .metric("display_name", identity.clientId())
                                .build())
                .thenCompose(ack -> leaving.disconnect());
    }

    /** The cable is pulled: no DISCONNECT, so the broker publishes the last will. */
    public void lose() {
        Mqtt3AsyncClient losing = client;
        if (losing == null) {
            return;
        }
        // the client's API knows only a clean disconnect
        losing.getConfig()
                .getConnectionConfig()
                .map(MqttClientConnectionConfig.class::cast)
                .ifPresent(connection -> connection.getChannel().close());
    }

    /** Loses its power for good, until it is connected again. */
    public void die() {
        wanted = false;
        downloads.restarted();
        lose();
    }

    /** How often it has tried to connect. */
    public long attempts() {
        return attempts.get();
    }

    public boolean connected() {
        Mqtt3AsyncClient now = client;
        return now != null && now.getState().isConnected();
    }

    /**
     * Lets a line run.
     *
     * @param parts inspected in each period
     * @param verdicts whether verdicts leave the gateway; evidence always does
     */
    public Future<?> run(Line running, int parts, Duration period, boolean verdicts) {
        line = running;
        return simulator
                .clock()
                .scheduleAtFixedRate(
                        () -> produce(parts, verdicts),
                        (identity.clientId().hashCode() & 0xFFFF) % (period.toMillis() + 1),
                        period.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** Inspects some parts now and sends what is to be sent; the line's evidence with them. */
    public CompletableFuture<Void> produce(int parts, boolean verdicts) {
        ArrayNode entries = line.inspect(parts, versions(), this::now);
        if (verdicts && !entries.isEmpty()) {
            journal.add(
                    new Batch(
                            verdicts(entries),
                            entries.get(0).path("sequence").asLong(),
                            entries.get(entries.size() - 1).path("sequence").asLong()));
        }
        if (!connected()) {
            return CompletableFuture.completedFuture(null);
        }
        ArrayNode evidence = evidence();
        CompletableFuture<Void> sent = sendJournal();
        return evidence.isEmpty()
                ? sent
                : CompletableFuture.allOf(
                        sent, publish(data(), message("evidence", evidence).build()));
    }

    /** Sends what the broker has not acknowledged yet. */
    public CompletableFuture<Void> flush() {
        return connected() ? sendJournal() : CompletableFuture.completedFuture(null);
    }

    /** Inspects parts and makes messages of their verdicts; nothing is sent. */
    public List<byte[]> messages(int count, int parts) {
        List<byte[]> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(
                    KuraProtobuf.encodeCompressed(
                            verdicts(line.inspect(parts, versions(), this::now))));
        }
        return messages;
    }

    /** Sends messages as fast as the broker takes them. */
    public CompletableFuture<Void> send(List<byte[]> messages) {
        return inTurn(messages, data());
    }

    /** Sends messages on a topic that nobody stores. */
    public CompletableFuture<Void> sendRaw(List<byte[]> messages) {
        return inTurn(messages, identity.address() + "/RAW-V1/load");
    }

    /** Keeps a window of messages on their way, as Kura's DataService does. */
    private CompletableFuture<Void> inTurn(List<byte[]> messages, String topic) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Iterator<byte[]> waiting = messages.iterator();
        AtomicLong left = new AtomicLong(messages.size());
        Runnable[] next = new Runnable[1];
        next[0] =
                () -> {
                    byte[] message;
                    synchronized (waiting) {
                        if (!waiting.hasNext()) {
                            return;
                        }
                        message = waiting.next();
                    }
                    publish(topic, message)
                            .whenComplete(
                                    (ack, error) -> {
                                        if (error != null) {
                                            done.completeExceptionally(error);
                                        } else if (left.decrementAndGet() == 0) {
                                            done.complete(null);
                                        } else {
                                            simulator.later(next[0], 0, TimeUnit.MILLISECONDS);
                                        }
                                    });
                };
        for (int i = 0; i < Math.min(IN_FLIGHT, messages.size()); i++) {
            simulator.later(next[0], 0, TimeUnit.MILLISECONDS);
        }
        return done;
    }

    /** Messages of any kind that it has published. */
    public long spoken() {
        return spoken.get();
    }

    /** An operator overrules the newest verdict. */
    public CompletableFuture<Void> overrule(String decision) {
        ArrayNode entries = Software.JSON.createArrayNode().add(line.overrule(now(), decision));
        return publish(data(), message("verdicts", entries).build());
    }

    /** Uses a line without letting it run. */
    public SimulatedGateway line(Line used) {
        line = used;
        return this;
    }

    public Line line() {
        return line;
    }

    /** Sequence numbers of verdicts that the broker has acknowledged. */
    public BitSet accepted() {
        synchronized (accepted) {
            return (BitSet) accepted.clone();
        }
    }

    /** Messages of verdicts that the broker has acknowledged. */
    public long messages() {
        return messages.get();
    }

    private CompletableFuture<Void> sendJournal() {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Batch batch = journal.poll(); batch != null; batch = journal.poll()) {
            Batch sending = batch;
            CompletableFuture<Void> sent =
                    publish(data(), batch.payload())
                            .whenComplete(
                                    (ack, error) -> {
                                        if (error == null) {
                                            accept(sending);
                                        } else {
                                            journal.addFirst(sending);
                                        }
                                    })
                            .exceptionally(error -> null);
            all = CompletableFuture.allOf(all, sent);
        }
        return all;
    }

    private void accept(Batch batch) {
        messages.incrementAndGet();
        synchronized (accepted) {
            accepted.set((int) batch.first(), (int) batch.last() + 1);
        }
    }

    private Payload verdicts(ArrayNode entries) {
        JsonNode newest = entries.get(entries.size() - 1);
        return message("verdicts", entries)
                .metric("station", newest.path("station").asText())
                .metric("sequence.first", entries.get(0).path("sequence").asLong())
                .metric("sequence.last", newest.path("sequence").asLong())
                .metric("dropped", 0L)
                .metric("decision", newest.path("decision").asText())
                .metric("score", newest.path("score").asDouble())
                .metric("findings", newest.path("findings").size())
                .build();
    }

    private Payload.Builder message(String kind, ArrayNode entries) {
        return Payload.builder()
                .timestamp(now())
                .metric("karu.contract", 1)
                .metric("karu.kind", kind)
                .metric("count", entries.size())
                .body(entries.toString().getBytes(StandardCharsets.UTF_8));
    }

    private ArrayNode evidence() {
        Line running = line;
        return running == null
                ? Software.JSON.createArrayNode()
                : running.evidence(versions(), now());
    }

    private ObjectNode stations() {
        ObjectNode told = Answers.contract();
        ArrayNode list = told.putArray("stations");
        Line running = line;
        if (running != null) {
            list.add(running.told());
        }
        return told;
    }

    private Line.Versions versions() {
        return new Line.Versions() {
            @Override
            public Optional<String> digest(String model, String alias) {
                return software.digest(model, alias);
            }

            @Override
            public String label(String digest) {
                return software.label(digest);
            }
        };
    }

    private Instant now() {
        return Instant.now().plus(behaviour.clockSkew());
    }

    private String uptime() {
        return Long.toString(Duration.between(started, Instant.now()).toMillis());
    }

    private String lifecycle(String event) {
        return topics.prefix() + "/" + identity.address() + "/MQTT/" + event;
    }

    private String data() {
        return identity.address() + "/KARU-V1/verdicts";
    }

    private Payload birth() {
        return Payload.builder()
                .timestamp(now())
                .metric("uptime", uptime())
                .metric("display_name", identity.clientId())
                .metric("model_name", "Simulated gateway")
                .metric("model_id", "simulator")
                .metric("os", "Linux")
                .metric("os_arch", "amd64")
                .metric("jvm_name", "OpenJDK 64-Bit Server VM")
                .metric("jvm_version", "17.0.15+6")
                .metric("kura_version", KURA)
                .metric("application_framework", "Kura")
                .metric("application_framework_version", KURA)
                .metric("accept_encoding", "gzip")
                .metric("payload_encoding", "KURA_PROTOBUF")
                .metric("application_ids", String.join(",", APPLICATIONS))
                .metric("available_processors", "2")
                .metric("total_memory", "1048576")
                .build();
    }

    private void receive(Mqtt3Publish publish) {
        topics.parse(publish.getTopic().toString())
                .filter(Topic.Request.class::isInstance)
                .map(Topic.Request.class::cast)
                .ifPresent(
                        request ->
                                simulator.later(
                                        () ->
                                                answer(
                                                        request,
                                                        KuraProtobuf.decode(
                                                                publish.getPayloadAsBytes())),
                                        behaviour.replyDelay().toMillis(),
                                        TimeUnit.MILLISECONDS));
    }

    void answer(Topic.Request request, Payload payload) {
        answers.answer(request, payload);
    }

    private void say(String topic, Payload payload) {
        Mqtt3AsyncClient speaking = client;
        if (speaking != null) {
            spoken.incrementAndGet();
            speaking.publishWith()
                    .topic(topic)
                    .qos(MqttQos.AT_MOST_ONCE)
                    .payload(KuraProtobuf.encodeCompressed(stamped(payload)))
                    .send();
        }
    }

    private Payload stamped(Payload payload) {
        return payload.toBuilder().timestamp(now()).build();
    }

    private CompletableFuture<Void> publish(String topic, Payload payload) {
        return publish(topic, KuraProtobuf.encodeCompressed(payload));
    }

    private CompletableFuture<Void> publish(String topic, byte[] message) {
        Mqtt3AsyncClient speaking = client;
        if (speaking == null) {
            return CompletableFuture.failedFuture(new IOException("not connected"));
        }
        spoken.incrementAndGet();
        Mqtt3Publish publish =
                Mqtt3Publish.builder()
                        .topic(topic)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(message)
                        .build();
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        // a message that a lost connection left unacknowledged has an error in its result; the
        // asynchronous API does not show it
        speaking.toRx()
                .publish(Flowable.just(publish))
                .subscribe(
                        result ->
                                result.getError()
                                        .ifPresentOrElse(
                                                acknowledged::completeExceptionally,
                                                () -> acknowledged.complete(null)),
                        acknowledged::completeExceptionally);
        return acknowledged;
    }
}
