package io.karu.aggregator;

import io.karu.aggregator.deployment.Deployments;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.mqtt.Inbound;
import io.karu.aggregator.mqtt.Requester;
import io.karu.aggregator.verdict.VerdictIngest;
import io.karu.kura.Topic;
import io.micrometer.core.instrument.MeterRegistry;

/** Hands what gateways say to whom it is for. */
final class Inbox {
    private final PresenceTracker presence;
    private final Requester requester;
    private final Deployments deployments;
    private final VerdictIngest ingest;
    private final MeterRegistry metrics;

    Inbox(
            PresenceTracker presence,
            Requester requester,
            Deployments deployments,
            VerdictIngest ingest,
            MeterRegistry metrics) {
        this.presence = presence;
        this.requester = requester;
        this.deployments = deployments;
        this.ingest = ingest;
        this.metrics = metrics;
    }

    /** Acknowledges it, verdicts when they are stored. */
    void receive(Inbound message) {
        Topic topic = message.topic();
        metrics.counter("karu.messages", "kind", topic.getClass().getSimpleName()).increment();
        if (topic instanceof Topic.Data data && VerdictIngest.takes(data)) {
            GatewayId gateway = new GatewayId(data.account(), data.clientId());
            ingest.receive(gateway, message);
            presence.saw(gateway);
            return;
        }
        if (topic instanceof Topic.Reply reply) {
            requester.receive(reply, message.payload());
        } else if (topic instanceof Topic.Notification notification) {
            presence.saw(new GatewayId(notification.account(), notification.clientId()));
            deployments.receive(notification, message.payload());
        } else if (topic instanceof Topic.Lifecycle lifecycle) {
            presence.receive(lifecycle, message.payload());
        } else if (topic instanceof Topic.Data data) {
            presence.saw(new GatewayId(data.account(), data.clientId()));
        }
        message.acknowledge().run();
    }
}
