package io.karu.aggregator;

import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.fleet.Fleet;
import io.karu.aggregator.fleet.FleetSettings;
import io.karu.aggregator.fleet.FleetWatch;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayAccess;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.fleet.PresenceTracker;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.aggregator.identity.Enrolments;
import io.karu.aggregator.mqtt.Requester;
import java.io.IOException;

/** Which gateways there are, whether they are there, and how to ask them. */
final class FleetParts {
    final IdentityParts trust;
    final GatewayStore gateways;
    final PresenceTracker presence;
    final UplinkTokens uplinkTokens;
    final Requester requester;
    final GatewayReader reader;
    final FleetWatch watch;
    final Fleet fleet;
    final ComponentClient components;

    private final CoreParts core;
    private final DeploymentTimes times;

    /** Opens the broker too: whoever may connect to it is known here. */
    FleetParts(CoreParts core, BrokerLink broker, DeploymentTimes times) throws IOException {
        this.core = core;
        this.times = times;
        Settings settings = core.settings;
        gateways = new GatewayStore(core.database);
        trust = new IdentityParts(core, gateways);
        GatewayAccess access = new GatewayAccess(gateways, core.events, trust.identities);
        presence = new PresenceTracker(gateways, access, core.events);
        if (core.leadership.alone()) {
            presence.restarted();
        }
        uplinkTokens = new UplinkTokens(core.database);
        requester =
                new Requester(
                        settings.requesterId(),
                        presence,
                        broker::publish,
                        settings.afterBirth(),
                        core.metrics.registry(),
                        core.tracing);
        reader = new GatewayReader(gateways, requester, core.events, times.request());
        watch =
                core.owned.own(
                        new FleetWatch(
                                gateways, reader, settings.fleetReading(), core.leadership::held));
        broker.open(trust, access, presence);
        fleet =
                new Fleet(
                        gateways,
                        reader,
                        uplinkTokens,
                        core.events,
                        new FleetSettings(settings.requesterId(), broker.url()));
        fleet.whenRemoving(trust.identities::forget);
        if (settings.brokerFiles().isPresent()) {
            new BrokerFiles(
                            settings.brokerFiles().get(),
                            settings,
                            broker.broker(),
                            gateways,
                            trust.identities)
                    .keep(fleet);
        }
        components = new ComponentClient(requester, times.request());
    }

    /** Gives certificates to gateways that are there. */
    Enrolments enrolments() throws IOException {
        return core.owned.own(
                new Enrolments(
                        new Enrolments.Parts(
                                trust.identities,
                                requester,
                                components,
                                core.audit,
                                id -> gateways.find(id).filter(Gateway::online).isPresent(),
                                core.leadership::held),
                        new Enrolments.Times(times.request(), core.settings.identity().pause())));
    }
}
