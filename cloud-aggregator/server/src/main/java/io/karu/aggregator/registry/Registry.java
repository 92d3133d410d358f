package io.karu.aggregator.registry;

/**
 * The registry's services together.
 *
 * @param versions immutable versions, by content
 * @param models names, descriptions and tags
 * @param aliases movable names of versions
 * @param reports what was measured of versions
 */
public record Registry(
        ModelRegistry versions,
        RegisteredModels models,
        ModelAliases aliases,
        ModelReports reports) {}
