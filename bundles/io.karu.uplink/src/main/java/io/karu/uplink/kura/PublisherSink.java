package io.karu.uplink.kura;

import io.karu.uplink.Batch;
import io.karu.uplink.EvidencePublishing;
import io.karu.uplink.Requests;
import io.karu.uplink.VerdictPublishing;
import java.io.IOException;
import java.util.Date;
import java.util.Optional;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.message.KuraPayload;

/** Batches as Kura messages ({@code docs/contracts.md} §1) over one of Kura's cloud publishers. */
final class PublisherSink
        implements VerdictPublishing.Sink,
                EvidencePublishing.Sink,
                CloudDeliveryListener,
                CloudConnectionListener {
    private final CloudPublisher publisher;
    private final String name;
    private final VerdictPublishing publishing;
    private final EvidencePublishing evidence;

    PublisherSink(
            CloudPublisher publisher,
            String name,
            VerdictPublishing publishing,
            EvidencePublishing evidence) {
        this.publisher = publisher;
        this.name = name;
        this.publishing = publishing;
        this.evidence = evidence;
    }

    void open() {
        publisher.registerCloudDeliveryListener(this);
        publisher.registerCloudConnectionListener(this);
        publishing.sink(Optional.of(this));
        evidence.sink(Optional.of(this));
    }

    void close() {
        evidence.sink(Optional.empty());
        publishing.sink(Optional.empty());
        publisher.unregisterCloudConnectionListener(this);
        publisher.unregisterCloudDeliveryListener(this);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<String> send(Batch batch) throws IOException {
        try {
            return Optional.ofNullable(publisher.publish(new KuraMessage(payload(batch))));
        } catch (KuraException | RuntimeException e) {
            throw new IOException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    @Override
    public void send(int count, byte[] evidence) throws IOException {
        KuraPayload payload = new KuraPayload();
        payload.setTimestamp(new Date());
        payload.addMetric("karu.contract", Requests.CONTRACT);
        payload.addMetric("karu.kind", "evidence");
        payload.addMetric("count", count);
        payload.setBody(evidence);
        try {
            publisher.publish(new KuraMessage(payload));
        } catch (KuraException | RuntimeException e) {
            throw new IOException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    static KuraPayload payload(Batch batch) {
        KuraPayload payload = new KuraPayload();
        payload.setTimestamp(new Date());
        payload.addMetric("karu.contract", Requests.CONTRACT);
        payload.addMetric("karu.kind", "verdicts");
        payload.addMetric("station", batch.station());
        payload.addMetric("count", batch.count());
        payload.addMetric("sequence.first", batch.first());
        payload.addMetric("sequence.last", batch.last());
        payload.addMetric("dropped", batch.dropped());
        batch.newest()
                .ifPresent(
                        newest -> {
                            payload.addMetric("decision", newest.decision().name());
                            payload.addMetric("score", newest.score());
                            payload.addMetric("label", newest.label());
                            payload.addMetric("findings", newest.findings());
                        });
        payload.setBody(batch.body());
        return payload;
    }

    @Override
    public void onMessageConfirmed(String messageId) {
        publishing.confirmed(messageId);
    }

    @Override
    public void onConnectionEstablished() {
        publishing.connected();
    }

    @Override
    public void onConnectionLost() {
        publishing.disconnected();
    }

    @Override
    public void onDisconnected() {
        publishing.disconnected();
    }
}
