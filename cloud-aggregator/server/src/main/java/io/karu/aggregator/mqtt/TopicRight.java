package io.karu.aggregator.mqtt;

import io.karu.aggregator.fleet.GatewayId;
import java.util.List;

/** What one client may do on the topics that a filter matches. */
public record TopicRight(String filter, Access access) {
    /** Publish, subscribe, or both. */
    public enum Access {
        READ,
        WRITE,
        READ_WRITE
    }

    /** A gateway's rights: Kapua's defaults for a device, and its own data topics. */
    public static List<TopicRight> ofGateway(String prefix, GatewayId gateway) {
        String account = gateway.account();
        String client = gateway.clientId();
        return List.of(
                new TopicRight(prefix + "/" + account + "/" + client + "/#", Access.READ_WRITE),
                new TopicRight(prefix + "/" + account + "/+/+/REPLY/#", Access.WRITE),
                new TopicRight(
                        prefix + "/" + account + "/+/+/NOTIFY/" + client + "/#", Access.WRITE),
                new TopicRight(account + "/" + client + "/#", Access.READ_WRITE));
    }

    /**
     * The aggregator's own rights: everything. {@code #} alone does not match topics that begin
     * with a dollar sign.
     */
    public static List<TopicRight> ofAggregator(String prefix) {
        return List.of(
                new TopicRight(prefix + "/#", Access.READ_WRITE),
                new TopicRight("#", Access.READ_WRITE));
    }
}
