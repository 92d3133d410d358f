package io.karu.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A gateway of the simulated fleet. Thread-safe. */
public final class SimulatedGateway {
    static final String KURA = "KURA_5.6.0";
    static final List<String> APPLICATIONS =
            List.of("DEPLOY-V2", "INVENTORY-V1", "CONF-V2", "KARU-V1");

    private final Identity identity;
    private final Simulator simulator;
    private final Behaviour behaviour = new Behaviour();
    private final Software software = new Software();
    private final Topics topics = new Topics();
    private final Downloads downloads;
    private final Answers answers;
    private final Instant started = Instant.now();
    private final Connection connection;
    private final Production production;
    private volatile Duration reconnects;
    private volatile boolean wanted;

    SimulatedGateway(Identity identity, Simulator simulator) {
        this.identity = identity;
        this.simulator = simulator;
        this.connection = new Connection(identity, topics, simulator, this::lost);
        this.production = new Production(identity, software, behaviour, connection);
        this.downloads =
                new Downloads(identity, software, behaviour, simulator, this::say, this::lose);
        this.answers =
                new Answers(
                        identity,
                        software,
                        downloads,
                        behaviour,
                        production::stations,
                        () ->
                                (ObjectNode)
                                        Answers.contract().set("evidence", production.evidence()),
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
        return connection
                .connect(this::birth, this::receive)
                .thenAccept(subscribed -> production.sendJournal());
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
        return connection.disconnect(
                Payload.builder()
                        .metric("uptime", uptime())
                        .metric("display_name", identity.clientId())
                        .build());
    }

    /** The cable is pulled: no DISCONNECT, so the broker publishes the last will. */
    public void lose() {
        connection.lose();
    }

    /** Loses its power for good, until it is connected again. */
    public void die() {
        wanted = false;
        downloads.restarted();
        lose();
    }

    /** How often it has tried to connect. */
    public long attempts() {
        return connection.attempts();
    }

    public boolean connected() {
        return connection.connected();
    }

    /**
     * Lets a line run.
     *
     * @param parts inspected in each period
     * @param verdicts whether verdicts leave the gateway; evidence always does
     */
    public Future<?> run(Line running, int parts, Duration period, boolean verdicts) {
        production.line(running);
        return simulator
                .clock()
                .scheduleAtFixedRate(
                        () -> production.produce(parts, verdicts),
                        (identity.clientId().hashCode() & 0xFFFF) % (period.toMillis() + 1),
                        period.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** Inspects some parts now and sends what is to be sent; the line's evidence with them. */
    public CompletableFuture<Void> produce(int parts, boolean verdicts) {
        return production.produce(parts, verdicts);
    }

    /** Sends what the broker has not acknowledged yet. */
    public CompletableFuture<Void> flush() {
        return production.flush();
    }

    /** Inspects parts and makes messages of their verdicts; nothing is sent. */
    public List<byte[]> messages(int count, int parts) {
        return production.messages(count, parts);
    }

    /** Sends messages as fast as the broker takes them. */
    public CompletableFuture<Void> send(List<byte[]> messages) {
        return connection.inTurn(messages, production.data());
    }

    /** Sends messages on a topic that nobody stores. */
    public CompletableFuture<Void> sendRaw(List<byte[]> messages) {
        return connection.inTurn(messages, identity.address() + "/RAW-V1/load");
    }

    /** Messages of any kind that it has published. */
    public long spoken() {
        return connection.spoken();
    }

    /** An operator overrules the newest verdict. */
    public CompletableFuture<Void> overrule(String decision) {
        return production.overrule(decision);
    }

    /** Uses a line without letting it run. */
    public SimulatedGateway line(Line used) {
        production.line(used);
        return this;
    }

    public Line line() {
        return production.line();
    }

    /** Sequence numbers of verdicts that the broker has acknowledged. */
    public BitSet accepted() {
        return production.accepted();
    }

    /** Messages of verdicts that the broker has acknowledged. */
    public long messages() {
        return production.messages();
    }

    private String uptime() {
        return Long.toString(Duration.between(started, Instant.now()).toMillis());
    }

    private Payload birth() {
        return Payload.builder()
                .timestamp(behaviour.now())
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
        connection.say(topic, payload.toBuilder().timestamp(behaviour.now()).build());
    }
}
