package io.karu.aggregator.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.configuration.PropertyValue;
import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.evidence.Tally;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Health;
import io.karu.api.model.ModelRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads what a gateway has and does before a rollout changes it, and what it does since. */
final class BaselineReader {
    private final FleetService fleet;
    private final ConfigurationService configurations;
    private final EvidenceStore evidence;

    BaselineReader(
            FleetService fleet, ConfigurationService configurations, EvidenceStore evidence) {
        this.fleet = fleet;
        this.configurations = configurations;
        this.evidence = evidence;
    }

    /** Asks the gateway; throws what its requests throw. */
    Baseline read(GatewayId id, Artefact artefact) {
        Gateway gateway = fleet.get(id);
        JsonNode models =
                artefact instanceof Artefact.Model
                        ? fleet.ask(id, "models").path("models")
                        : MissingNode.getInstance();
        Optional<String> version = version(gateway, artefact, models);
        List<EvidenceReport> reports = evidence.reports(id);
        Tally before;
        if (reports.isEmpty()) {
            before =
                    evidence.ofVerdicts(
                            id, 0, artefact instanceof Artefact.Model ? version : Optional.empty());
        } else {
            before = Tally.of(reports, previous(artefact, version));
        }
        return new Baseline(
                version,
                artefact instanceof Artefact.Model model && model.decides()
                        ? digest(models, model.name(), ModelRef.CHALLENGER)
                        : Optional.empty(),
                artefact instanceof Artefact.Configuration c ? values(id, c) : List.of(),
                failing(gateway),
                before,
                Tally.of(reports, counted(artefact)),
                evidence.newestVerdict());
    }

    /** Whether the gateway has the artefact already. */
    boolean has(Artefact artefact, Baseline baseline) {
        if (artefact instanceof Artefact.Model model) {
            return baseline.version().filter(model.digest()::equals).isPresent();
        }
        return artefact instanceof Artefact.Package dp
                && baseline.version().filter(dp.version()::equals).isPresent();
    }

    private static Optional<String> version(Gateway gateway, Artefact artefact, JsonNode models) {
        if (artefact instanceof Artefact.Package dp) {
            return gateway.inventory()
                    .flatMap(inventory -> inventory.find(dp.name()))
                    .map(installed -> installed.version());
        }
        return artefact instanceof Artefact.Model wanted
                ? digest(models, wanted.name(), wanted.alias())
                : Optional.empty();
    }

    /** What an alias means, of the answer to {@code GET/models}. */
    private static Optional<String> digest(JsonNode models, String name, String alias) {
        for (JsonNode model : models) {
            for (JsonNode meaning : model.path("aliases")) {
                if (model.path("name").asText().equals(name) && meaning.asText().equals(alias)) {
                    return Optional.of(model.path("digest").asText());
                }
            }
        }
        return Optional.empty();
    }

    /** Passwords cannot be read, and so not be written back. */
    private List<ComponentUpdate> values(GatewayId id, Artefact.Configuration artefact) {
        List<ComponentUpdate> values = new ArrayList<>();
        for (ComponentUpdate update : artefact.updates()) {
            Map<String, PropertyValue> properties = new TreeMap<>();
            component(id, update.pid())
                    .forEach(
                            (name, value) -> {
                                if (update.properties().containsKey(name)
                                        && value.type() != PropertyValue.Type.PASSWORD) {
                                    properties.put(name, value);
                                }
                            });
            if (!properties.isEmpty()) {
                values.add(new ComponentUpdate(update.pid(), Optional.empty(), properties));
            }
        }
        return values;
    }

    private Map<String, PropertyValue> component(GatewayId id, String pid) {
        try {
            return configurations.get(id, pid).properties();
        } catch (AggregatorException e) {
            if (e.code() == AggregatorException.Code.COMPONENT_NOT_FOUND) {
                return Map.of();
            }
            throw e;
        }
    }

    private static Set<String> failing(Gateway gateway) {
        return gateway.health().stream()
                .flatMap(health -> health.checks().stream())
                .filter(check -> !check.ok())
                .map(Health.Check::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Predicate<EvidenceReport> previous(Artefact artefact, Optional<String> version) {
        return artefact instanceof Artefact.Model
                ? report -> version.filter(report.model()::equals).isPresent()
                : report -> true;
    }

    private static Predicate<EvidenceReport> counted(Artefact artefact) {
        return artefact instanceof Artefact.Model model
                ? report -> report.model().equals(model.digest())
                : report -> true;
    }

    /** Gateways that have the artefact as their gates see them; reads only what they look at. */
    List<GroupEvidence.Member> since(
            List<MemberStore.Changed> changed, Rollout rollout, RolloutGroup group) {
        List<Gate> gates = rollout.plan().gatesOf(group.number());
        boolean frames =
                gates.stream()
                        .anyMatch(g -> !(g instanceof Gate.Install || g instanceof Gate.Healthy));
        boolean overrules = gates.stream().anyMatch(Gate.Overrules.class::isInstance);
        Map<GatewayId, List<EvidenceReport>> reports =
                frames ? evidence.reportsOfGroup(rollout.id(), group.number()) : Map.of();
        Artefact artefact = rollout.plan().artefact();
        Optional<String> digest = digest(artefact);
        List<GroupEvidence.Member> members = new ArrayList<>();
        for (MemberStore.Changed member : changed) {
            Baseline baseline = member.baseline();
            GatewayId id = member.gateway();
            List<EvidenceReport> of = reports.getOrDefault(id, List.of());
            members.add(
                    new GroupEvidence.Member(
                            id,
                            member.decides(),
                            baseline,
                            member.health().filter(health -> health.at().isAfter(member.at())),
                            baseline.before(),
                            frames ? after(id, artefact, baseline, of) : Tally.NOTHING,
                            overrules ? evidence.overruled(id, baseline.verdict(), digest) : 0,
                            comparisons(artefact, baseline, of)));
        }
        return members;
    }

    private Tally after(
            GatewayId id, Artefact artefact, Baseline baseline, List<EvidenceReport> reports) {
        if (!reports.isEmpty()) {
            return Tally.of(reports, counted(artefact)).since(baseline.offset());
        }
        return evidence.ofVerdicts(id, baseline.verdict(), digest(artefact));
    }

    private static Optional<String> digest(Artefact artefact) {
        return artefact instanceof Artefact.Model model
                ? Optional.of(model.digest())
                : Optional.empty();
    }

    /**
     * Of an artefact that decides: with the version before it, whichever of the two was in the
     * shadow. Of one that is to run in the shadow: with whatever decides.
     */
    private static List<EvidenceReport.Comparison> comparisons(
            Artefact artefact, Baseline baseline, List<EvidenceReport> reports) {
        if (!(artefact instanceof Artefact.Model model)) {
            return List.of();
        }
        Set<String> both = new HashSet<>(Set.of(model.digest()));
        baseline.version().ifPresent(both::add);
        return reports.stream()
                .filter(report -> report.comparison().isPresent())
                .filter(
                        report ->
                                model.decides()
                                        ? both.contains(report.model())
                                                && both.contains(
                                                        report.comparison().get().champion())
                                        : report.model().equals(model.digest()))
                .map(report -> report.comparison().get())
                .toList();
    }
}
