package io.karu.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a gateway's line inspects and tells: verdicts wait until the broker has acknowledged them.
 * Thread-safe.
 */
final class Production {
    private final Identity identity;
    private final Software software;
    private final Behaviour behaviour;
    private final Connection connection;
    private final ConcurrentLinkedDeque<Batch> journal = new ConcurrentLinkedDeque<>();
    private final BitSet accepted = new BitSet();
    private final AtomicLong messages = new AtomicLong();
    private volatile Line line;

    /** A message of verdicts that the broker has not acknowledged yet. */
    private record Batch(Payload payload, long first, long last) {}

    Production(Identity identity, Software software, Behaviour behaviour, Connection connection) {
        this.identity = identity;
        this.software = software;
        this.behaviour = behaviour;
        this.connection = connection;
    }

    void line(Line used) {
        line = used;
    }

    Line line() {
        return line;
    }

    /** Inspects some parts now and sends what is to be sent; the line's evidence with them. */
    CompletableFuture<Void> produce(int parts, boolean verdicts) {
        ArrayNode entries = line.inspect(parts, versions(), behaviour::now);
        if (verdicts && !entries.isEmpty()) {
            journal.add(
                    new Batch(
                            verdicts(entries),
                            entries.get(0).path("sequence").asLong(),
                            entries.get(entries.size() - 1).path("sequence").asLong()));
        }
        if (!connection.connected()) {
            return CompletableFuture.completedFuture(null);
        }
        ArrayNode evidence = evidence();
        CompletableFuture<Void> sent = sendJournal();
        return evidence.isEmpty()
                ? sent
                : CompletableFuture.allOf(
                        sent, connection.publish(data(), message("evidence", evidence).build()));
    }

    /** Sends what the broker has not acknowledged yet. */
    CompletableFuture<Void> flush() {
        return connection.connected() ? sendJournal() : CompletableFuture.completedFuture(null);
    }

    /** Inspects parts and makes messages of their verdicts; nothing is sent. */
    List<byte[]> messages(int count, int parts) {
        List<byte[]> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(
                    KuraProtobuf.encodeCompressed(
                            verdicts(line.inspect(parts, versions(), behaviour::now))));
        }
        return messages;
    }

    /** An operator overrules the newest verdict. */
    CompletableFuture<Void> overrule(String decision) {
        ArrayNode entries =
                Software.JSON.createArrayNode().add(line.overrule(behaviour.now(), decision));
        return connection.publish(data(), message("verdicts", entries).build());
    }

    /** Sequence numbers of verdicts that the broker has acknowledged. */
    BitSet accepted() {
        synchronized (accepted) {
            return (BitSet) accepted.clone();
        }
    }

    /** Messages of verdicts that the broker has acknowledged. */
    long messages() {
        return messages.get();
    }

    /** Sends what waits. */
    CompletableFuture<Void> sendJournal() {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Batch batch = journal.poll(); batch != null; batch = journal.poll()) {
            Batch sending = batch;
            CompletableFuture<Void> sent =
                    connection
                            .publish(data(), batch.payload())
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
                .timestamp(behaviour.now())
                .metric("karu.contract", 1)
                .metric("karu.kind", kind)
                .metric("count", entries.size())
                .body(entries.toString().getBytes(StandardCharsets.UTF_8));
    }

    ArrayNode evidence() {
        Line running = line;
        return running == null
                ? Software.JSON.createArrayNode()
                : running.evidence(versions(), behaviour.now());
    }

    ObjectNode stations() {
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

    /** Where verdicts and evidence go. */
    String data() {
        return identity.address() + "/KARU-V1/verdicts";
    }
}
