package io.karu.aggregator;

import io.karu.aggregator.compression.Compressions;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.registry.DatabaseModelAliases;
import io.karu.aggregator.registry.DatabaseModelRegistry;
import io.karu.aggregator.registry.DatabaseModelReports;
import io.karu.aggregator.registry.DatabaseRegisteredModels;
import io.karu.aggregator.registry.EngineCheck;
import io.karu.aggregator.registry.Lineage;
import io.karu.aggregator.registry.MlBom;
import io.karu.aggregator.registry.ModelAliases;
import io.karu.aggregator.registry.ModelPackager;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.registry.ModelUses;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.registry.Uploads;
import io.karu.aggregator.registry.VersionComparison;
import io.karu.aggregator.registry.VersionContent;
import io.karu.aggregator.rollout.AliasMover;
import io.karu.aggregator.rollout.RolloutTimes;
import io.karu.aggregator.rollout.Rollouts;
import java.io.IOException;

/** Model versions, what gateways report of them, and how they reach a fleet. */
final class ModelParts {
    final Registry registry;
    final Compressions compressions;
    final EvidenceStore evidence;
    final Rollouts rollouts;
    final AliasMover aliasMover;

    ModelParts(CoreParts core, FleetParts fleet, DeliveryParts delivery, RolloutTimes times)
            throws IOException {
        ModelRegistry models =
                new DatabaseModelRegistry(
                        core.data.resolve("unpacking"),
                        core.database,
                        delivery.packages,
                        delivery.deployments,
                        new ModelPackager(delivery.signing, core.settings.bundleSigner()),
                        new EngineCheck(core.data.resolve("checking")),
                        core.events);
        registry = registry(core, delivery, models);
        compressions =
                core.owned.own(
                        new Compressions(
                                core.database,
                                fleet.reader,
                                models,
                                registry.reports(),
                                core.data.resolve("fetching")));
        evidence = new EvidenceStore(core.database);
        rollouts =
                core.owned.own(
                        new Rollouts(
                                new Rollouts.Parts(
                                        core.database,
                                        fleet.fleet,
                                        delivery.deployments,
                                        delivery.configurations,
                                        delivery.packages,
                                        models,
                                        evidence,
                                        core.leadership,
                                        core.events,
                                        core.tracing),
                                core.settings.rolloutsNeedSecondPerson(),
                                times));
        aliasMover = core.owned.own(new AliasMover(rollouts, registry.aliases(), core.events));
    }

    private static Registry registry(CoreParts core, DeliveryParts delivery, ModelRegistry models)
            throws IOException {
        ModelAliases aliases = new DatabaseModelAliases(core.database, models, core.events);
        ModelReports reports = new DatabaseModelReports(core.content("reports"), core.database);
        VersionContent files = new VersionContent(delivery.packages);
        return new Registry(
                models,
                new DatabaseRegisteredModels(core.database, core.events),
                aliases,
                reports,
                files,
                new Uploads(core.data.resolve("uploads")),
                new Lineage(
                        models,
                        aliases,
                        reports,
                        core.owned.own(new ModelUses(core.database, core.events))),
                new VersionComparison(models, reports),
                new MlBom(models, reports, files, Aggregator.version()),
                delivery.signing);
    }
}
