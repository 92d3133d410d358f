package io.karu.aggregator.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.mqtt.Requester.Reply;
import io.karu.aggregator.mqtt.Requester.Request;
import io.karu.aggregator.store.Json;
import io.karu.kura.Method;
import io.karu.kura.Payload;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads inventory and health from gateways and keeps what they said. Thread-safe. */
public final class GatewayReader {
    public static final String INVENTORY = "INVENTORY-V1";
    public static final String KARU = "KARU-V1";

    private static final Logger LOG = LoggerFactory.getLogger(GatewayReader.class);

    private final GatewayStore store;
    private final Requester requester;
    private final EventBus events;
    private final Duration timeout;

    public GatewayReader(
            GatewayStore store, Requester requester, EventBus events, Duration timeout) {
        this.store = store;
        this.requester = requester;
        this.events = events;
        this.timeout = timeout;
    }

    /** Reads both, as far as the gateway answers them. Throws what {@link Requester#ask} throws. */
    public Gateway read(GatewayId id) {
        Gateway gateway = get(id);
        boolean asked = false;
        if (gateway.answers(INVENTORY)) {
            inventory(id);
            asked = true;
        }
        healthWhenReady(id);
        if (!asked) {
            requester.ask(
                    new Request(
                            id,
                            INVENTORY,
                            Method.GET,
                            "deploymentPackages",
                            Payload.builder().build(),
                            timeout));
        }
        return get(id);
    }

    /** An uplink that Kura has not told yet may still be starting. */
    private void healthWhenReady(GatewayId id) {
        boolean told = get(id).birth().filter(birth -> birth.answers(KARU)).isPresent();
        try {
            health(id);
        } catch (AggregatorException e) {
            if (told) {
                throw e;
            }
            LOG.debug("{} is still starting: {}", id, e.getMessage());
        }
    }

    /** Reads and keeps the inventory. */
    public Inventory inventory(GatewayId id) {
        Reply reply =
                requester.ask(
                        new Request(
                                id,
                                INVENTORY,
                                Method.GET,
                                "deploymentPackages",
                                Payload.builder().build(),
                                timeout));
        Inventory inventory = inventory(json(id, reply));
        boolean same =
                store.find(id)
                        .flatMap(Gateway::inventory)
                        .filter(i -> i.packages().equals(inventory.packages()))
                        .isPresent();
        store.inventory(id, inventory);
        if (!same) {
            changed(id);
        }
        return inventory;
    }

    /** Reads and keeps the health; absent when the gateway has no {@code KARU-V1}. */
    public Optional<Health> health(GatewayId id) {
        if (!get(id).answers(KARU)) {
            return Optional.empty();
        }
        Health health = health(karu(id, Method.GET, "health", null, timeout));
        boolean same =
                store.find(id)
                        .flatMap(Gateway::health)
                        .filter(h -> h.checks().equals(health.checks()))
                        .isPresent();
        store.health(id, health);
        if (!same) {
            changed(id);
        }
        return Optional.of(health);
    }

    /** A {@code KARU-V1} request with a JSON body; the reply's JSON. */
    public JsonNode karu(
            GatewayId id, Method method, String resource, Object body, Duration deadline) {
        Payload.Builder payload = Payload.builder().metric("karu.contract", 1);
        if (body != null) {
            payload.body(Json.write(body).getBytes(StandardCharsets.UTF_8));
        }
        return json(
                id,
                requester.ask(new Request(id, KARU, method, resource, payload.build(), deadline)));
    }

    private Gateway get(GatewayId id) {
        return store.find(id).orElseThrow(() -> unknown(id));
    }

    private void changed(GatewayId id) {
        store.find(id).map(Event.GatewayChanged::new).ifPresent(events::publish);
    }

    static AggregatorException unknown(GatewayId id) {
        return new AggregatorException(
                Code.GATEWAY_NOT_FOUND,
                "no gateway " + id + " is known; register it, or let it connect once");
    }

    private static JsonNode json(GatewayId id, Reply reply) {
        try {
            return Json.tree(reply.body());
        } catch (UncheckedIOException e) {
            throw new AggregatorException(
                    Code.GATEWAY_REFUSED,
                    id + " answered with a body that is not JSON: " + e.getCause().getMessage());
        }
    }

    private static Inventory inventory(JsonNode body) {
        List<Inventory.InstalledPackage> packages = new ArrayList<>();
        for (JsonNode dp : body.path("deploymentPackages")) {
            List<Inventory.InstalledBundle> bundles = new ArrayList<>();
            for (JsonNode bundle : dp.path("bundles")) {
                bundles.add(
                        new Inventory.InstalledBundle(
                                bundle.path("name").asText(),
                                bundle.path("version").asText(),
                                bundle.path("state").asText(),
                                bundle.path("signed").asBoolean()));
            }
            packages.add(
                    new Inventory.InstalledPackage(
                            dp.path("name").asText(), dp.path("version").asText(), bundles));
        }
        return new Inventory(Instant.now(), packages);
    }

    private static Health health(JsonNode body) {
        List<Health.Check> checks = new ArrayList<>();
        for (JsonNode check : body.path("checks")) {
            checks.add(
                    new Health.Check(
                            check.path("name").asText(),
                            check.path("ok").asBoolean(),
                            check.path("reason").asText()));
        }
        return new Health(Instant.now(), body.path("ok").asBoolean(), checks);
    }
}
