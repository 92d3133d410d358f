package io.karu.aggregator.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The gateways: credentials, presence, inventory, health. Thread-safe. Every method that names an
 * unknown gateway throws {@link AggregatorException} {@code GATEWAY_NOT_FOUND}.
 */
public interface FleetService {
    /** All gateways, sorted by id. */
    List<Gateway> list();

    Optional<Gateway> find(GatewayId id);

    Gateway get(GatewayId id);

    /**
     * Makes the gateway known and gives it a user name and a generated password, the only time the
     * password is readable.
     *
     * @throws AggregatorException {@code GATEWAY_EXISTS}
     */
    GatewayCredentials register(GatewayId id, String site, Set<String> tags);

    /**
     * Replaces the password; the gateway is disconnected at its next connection attempt with the
     * old one.
     */
    GatewayCredentials renewCredentials(GatewayId id);

    /** Changes site and tags. */
    Gateway describe(GatewayId id, String site, Set<String> tags);

    /**
     * Removes the gateway with its credentials, desired state and jobs; its verdicts stay until
     * their retention ends.
     */
    void remove(GatewayId id);

    /** Forgets a shown conflict. */
    Gateway dismissConflict(GatewayId id);

    /** Reads inventory and health now and waits for the answers. */
    Gateway refresh(GatewayId id);

    /**
     * Asks the gateway's {@code KARU-V1} application, for instance {@code stations}, {@code
     * models}, {@code capabilities}, {@code ledger}; the reply body as of docs/contracts.md, 2.
     *
     * @throws AggregatorException {@code GATEWAY_OFFLINE}, {@code GATEWAY_LACKS_APPLICATION},
     *     {@code GATEWAY_NO_ANSWER}, {@code GATEWAY_REFUSED}
     */
    JsonNode ask(GatewayId id, String resource);

    /**
     * Asks the gateway to send these images within its budget ({@code POST/images/request}); the
     * number it accepted.
     */
    int requestImages(GatewayId id, List<String> digests);

    /**
     * Ends an alias of a model on the gateway at once ({@code EXEC/models/clear}): how a challenger
     * is ended.
     *
     * @throws AggregatorException as {@link #ask}
     */
    void clearAlias(GatewayId id, String model, String alias);

    /** Checks an uplink bearer token; the gateway it belongs to, absent when unknown. */
    Optional<GatewayId> authenticateUplink(String token);
}
