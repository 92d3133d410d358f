package io.karu.aggregator.deployment;

import static io.karu.aggregator.deployment.JobState.SENDING;
import static io.karu.aggregator.deployment.JobState.VERIFYING;

import com.fasterxml.jackson.databind.node.TextNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.configuration.ComponentConfiguration;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.Difference;
import io.karu.aggregator.configuration.PropertyValue;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.deployment.Order.WriteConfiguration;
import io.karu.aggregator.fleet.BirthCertificate;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.UplinkTokens;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes component configurations and reads them back. */
final class ConfigurationSteps implements JobSteps {
    /** Stands for a new uplink token, so that no job carries a secret. */
    static final String UPLINK_TOKEN = "{uplink-token}";

    private static final String CONF = "CONF-V2";

    private final GatewayPort gateways;
    private final ComponentClient components;
    private final UplinkTokens uplinkTokens;
    private final DeploymentTimes times;

    ConfigurationSteps(
            GatewayPort gateways,
            ComponentClient components,
            UplinkTokens uplinkTokens,
            DeploymentTimes times) {
        this.gateways = gateways;
        this.components = components;
        this.uplinkTokens = uplinkTokens;
        this.times = times;
    }

    @Override
    public void advance(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            Duration deadline = run.state() == JobState.QUEUED ? times.queued() : times.absence();
            if (run.lastsLongerThan(deadline)) {
                run.fail(
                        FailureCode.GATEWAY_GONE,
                        "the gateway did not come back: " + gateway.reason(),
                        "it is not known what it runs");
            } else {
                run.await(times.silence(), "waiting for the gateway: " + gateway.reason());
            }
            return;
        }
        BirthCertificate birth = gateway.birth().orElseThrow();
        if (!birth.answers(CONF)) {
            if (Instant.now().isAfter(birth.at().plus(times.applications()))) {
                run.fail(FailureCode.UNFIT, "the gateway has no " + CONF, "nothing was changed");
            } else {
                run.await(times.poll(), "waiting for " + CONF + " on the gateway");
            }
            return;
        }
        switch (run.state()) {
            case QUEUED -> run.to(SENDING, "writing " + run.order().subject());
            case SENDING -> send(run);
            case VERIFYING -> verify(run);
            default ->
                    throw new IllegalStateException(
                            "job " + run.id() + " cannot be " + run.state());
        }
    }

    private static List<ComponentUpdate> updates(JobRun run) {
        return ((WriteConfiguration) run.order()).updates();
    }

    private void send(JobRun run) {
        Optional<String> token =
                updates(run).stream().anyMatch(ConfigurationSteps::wantsToken)
                        ? Optional.of(uplinkTokens.issue(run.gateway()))
                        : Optional.empty();
        List<String> pids = updates(run).stream().map(ComponentUpdate::pid).toList();
        List<String> known =
                components.read(run.gateway(), pids).stream()
                        .map(ComponentConfiguration::pid)
                        .toList();
        List<ComponentUpdate> changes = new ArrayList<>();
        List<ComponentUpdate> creations = new ArrayList<>();
        for (ComponentUpdate update : updates(run)) {
            ComponentUpdate filled = filled(update, token);
            if (known.contains(update.pid())) {
                changes.add(
                        new ComponentUpdate(update.pid(), Optional.empty(), filled.properties()));
            } else if (update.factoryPid().isPresent()) {
                creations.add(filled);
            } else if (run.lastsLongerThan(times.verification())) {
                run.fail(
                        FailureCode.CONFIGURATION_REFUSED,
                        "the gateway knows no component " + update.pid(),
                        "nothing was changed");
                return;
            } else {
                run.await(times.poll(), "waiting for the component " + update.pid());
                return;
            }
        }
        try {
            if (!creations.isEmpty()) {
                components.create(run.gateway(), creations);
            }
            if (!changes.isEmpty()) {
                components.update(run.gateway(), changes);
            }
        } catch (AggregatorException e) {
            if (e.code() == Code.GATEWAY_REFUSED) {
                run.fail(
                        FailureCode.CONFIGURATION_REFUSED,
                        e.getMessage(),
                        "see the component's present configuration");
                return;
            }
            throw e;
        }
        token.ifPresent(sent -> uplinkTokens.confirm(run.gateway(), sent));
        run.to(VERIFYING, "written; reading back");
    }

    private static boolean wantsToken(ComponentUpdate update) {
        return update.properties().values().stream().anyMatch(ConfigurationSteps::isTokenPlace);
    }

    private static boolean isTokenPlace(PropertyValue value) {
        return value.value() != null && value.value().asText().equals(UPLINK_TOKEN);
    }

    private static ComponentUpdate filled(ComponentUpdate update, Optional<String> token) {
        Map<String, PropertyValue> properties = new TreeMap<>();
        update.properties()
                .forEach(
                        (name, value) ->
                                properties.put(
                                        name,
                                        isTokenPlace(value)
                                                ? new PropertyValue(
                                                        value.type(),
                                                        TextNode.valueOf(token.orElseThrow()))
                                                : value));
        return new ComponentUpdate(update.pid(), update.factoryPid(), properties);
    }

    private void verify(JobRun run) {
        List<String> pids = updates(run).stream().map(ComponentUpdate::pid).toList();
        List<ComponentConfiguration> found = components.read(run.gateway(), pids);
        Optional<String> difference =
                updates(run).stream()
                        .map(update -> difference(update, found))
                        .flatMap(Optional::stream)
                        .findFirst();
        if (difference.isEmpty()) {
            run.succeed(run.order().subject() + " is configured as wanted");
        } else if (run.lastsLongerThan(times.verification())) {
            run.fail(
                    FailureCode.CONFIGURATION_REFUSED,
                    difference.get(),
                    "the component keeps its configuration");
        } else {
            run.await(times.poll(), "waiting: " + difference.get());
        }
    }

    static Optional<String> difference(ComponentUpdate wanted, List<ComponentConfiguration> found) {
        Optional<ComponentConfiguration> component =
                found.stream().filter(c -> c.pid().equals(wanted.pid())).findFirst();
        return component.isEmpty()
                ? Optional.of(wanted.pid() + " does not exist")
                : Difference.find(wanted, component.get()).map(d -> wanted.pid() + ": " + d);
    }
}
