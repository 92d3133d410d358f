package io.karu.aggregator.fleet;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.mqtt.Reachability;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.SimpleJson;
import io.karu.kura.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the life cycle messages of gateways. Thread-safe. */
public final class PresenceTracker implements Reachability {
    private static final Logger LOG = LoggerFactory.getLogger(PresenceTracker.class);
    private static final Duration SEEN_RESOLUTION = Duration.ofSeconds(5);

    /**
     * Gateways tell their uptime in whole messages that travel; this much disagreement is not a
     * second process.
     */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(30);

    private final GatewayStore store;
    private final GatewayAccess access;
    private final EventBus events;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Map<GatewayId, Instant> seen = new ConcurrentHashMap<>();

    /** Told after a change is stored, on the thread of the message. Must be quick. */
    public interface Listener {
        /** BIRTH or APPS arrived. */
        void born(GatewayId gateway);

        /** DC or LWT arrived. */
        void gone(GatewayId gateway, String reason);
    }

    public PresenceTracker(GatewayStore store, GatewayAccess access, EventBus events) {
        this.store = store;
        this.access = access;
        this.events = events;
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /**
     * Says of gateways that were online when the aggregator stopped that nothing is known of them
     * until they speak.
     */
    public void restarted() {
        for (Gateway gateway : store.list()) {
            if (gateway.online()) {
                store.presence(
                        gateway.id(),
                        Presence.UNKNOWN,
                        "the aggregator was restarted; waiting for this gateway to speak",
                        Instant.now());
            }
        }
    }

    /** Takes a life cycle message. */
    public void receive(Topic.Lifecycle topic, byte[] bytes) {
        GatewayId gateway = new GatewayId(topic.account(), topic.clientId());
        switch (topic.event()) {
            case BIRTH, APPS -> born(gateway, topic.event(), decode(bytes));
            case DC -> gone(gateway, Presence.DISCONNECTED, "said goodbye (DC)");
            case LWT -> gone(gateway, Presence.LOST, "the broker lost its connection (LWT)");
        }
    }

    /**
     * Any other message from a gateway shows that it is there. What a database that does not answer
     * misses of it, a later message tells.
     */
    public void saw(GatewayId gateway) {
        Instant now = Instant.now();
        Instant before = seen.get(gateway);
        if (before != null && before.plus(SEEN_RESOLUTION).isAfter(now)) {
            return;
        }
        seen.put(gateway, now);
        try {
            noteSeen(gateway, now);
        } catch (RuntimeException e) {
            LOG.warn("That {} was seen cannot be kept now: {}", gateway, e.getMessage());
        }
    }

    private void noteSeen(GatewayId gateway, Instant now) {
        store.lastSeen(gateway, now);
        Optional<Gateway> known = store.find(gateway);
        if (known.isPresent() && known.get().presence() == Presence.UNKNOWN) {
            store.presence(gateway, Presence.ONLINE, "messages arrive", now);
            changed(gateway);
            listeners.forEach(listener -> listener.born(gateway));
        }
    }

    private void born(GatewayId id, Topic.Lifecycle.Event event, Payload payload) {
        Instant now = Instant.now();
        Map<String, String> metrics = new TreeMap<>();
        payload.metrics().forEach((name, value) -> metrics.put(name, String.valueOf(value)));
        BirthCertificate birth = new BirthCertificate(now, metrics);
        store.addIfAbsent(id, Presence.ONLINE, "");
        Optional<Gateway> before = store.find(id);
        before.flatMap(Gateway::birth)
                .flatMap(earlier -> secondProcess(earlier, birth))
                .ifPresent(reason -> access.conflict(id, reason));
        Instant bornAt =
                event == Topic.Lifecycle.Event.APPS
                        ? before.flatMap(Gateway::birth).map(BirthCertificate::at).orElse(now)
                        : now;
        store.birth(id, new BirthCertificate(bornAt, metrics));
        store.presence(
                id, Presence.ONLINE, "connected; its last life cycle message was " + event, now);
        store.lastSeen(id, now);
        seen.put(id, now);
        LOG.info("Gateway {} is online ({})", id, event);
        changed(id);
        listeners.forEach(listener -> listener.born(id));
    }

    /** A process that started before the one heard last shows that both run. */
    private static Optional<String> secondProcess(BirthCertificate earlier, BirthCertificate now) {
        Optional<Instant> before = startOf(earlier);
        Optional<Instant> after = startOf(now);
        if (before.isEmpty()
                || after.isEmpty()
                || !after.get().isBefore(before.get().minus(START_TOLERANCE))) {
            return Optional.empty();
        }
        return Optional.of(
                "a BIRTH came from a gateway that started at "
                        + after.get()
                        + ", after one that started at "
                        + before.get());
    }

    private static Optional<Instant> startOf(BirthCertificate birth) {
        return birth.uptime().map(birth.at()::minus);
    }

    /** The broker was told to cut this gateway's connection, if there is one. */
    public void cutOff(GatewayId gateway, String reason) {
        gone(gateway, Presence.LOST, reason);
    }

    private void gone(GatewayId id, Presence presence, String reason) {
        if (store.find(id).isEmpty()) {
            return;
        }
        store.presence(id, presence, reason, Instant.now());
        store.lastSeen(id, Instant.now());
        LOG.info("Gateway {} {}", id, reason);
        changed(id);
        listeners.forEach(listener -> listener.gone(id, reason));
    }

    private void changed(GatewayId id) {
        store.find(id).map(Event.GatewayChanged::new).ifPresent(events::publish);
    }

    private static Payload decode(byte[] bytes) {
        Payload payload = KuraProtobuf.decode(bytes);
        return payload.metrics().isEmpty() && bytes.length > 0 && bytes[0] == '{'
                ? SimpleJson.decode(bytes)
                : payload;
    }

    @Override
    public Optional<String> unreachable(GatewayId id) {
        Optional<Gateway> gateway = store.find(id);
        if (gateway.isEmpty()) {
            return Optional.of("it is not known");
        }
        boolean reachable = gateway.get().online() || gateway.get().presence() == Presence.UNKNOWN;
        return reachable ? Optional.empty() : Optional.of(gateway.get().reason());
    }

    @Override
    public boolean answers(GatewayId gateway, String applicationId) {
        return store.find(gateway).filter(known -> known.answers(applicationId)).isPresent();
    }

    @Override
    public Optional<Instant> bornAt(GatewayId gateway) {
        return store.find(gateway).flatMap(Gateway::birth).map(BirthCertificate::at);
    }
}
