package io.karu.aggregator.registry;

import io.karu.aggregator.security.ModelSigning;

/**
 * The registry's services together.
 *
 * @param versions immutable versions, by content
 * @param models names, descriptions and tags
 * @param aliases movable names of versions
 * @param reports what was measured of versions
 * @param content the files of versions
 * @param uploads files that wait to become versions
 * @param lineage where versions come from and where they run
 * @param comparison versions side by side
 * @param bom bills of materials
 * @param signing whose keys gateways believe
 */
public record Registry(
        ModelRegistry versions,
        RegisteredModels models,
        ModelAliases aliases,
        ModelReports reports,
        VersionContent content,
        Uploads uploads,
        Lineage lineage,
        VersionComparison comparison,
        MlBom bom,
        ModelSigning signing) {}
