package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import java.util.List;
import java.util.Optional;

/**
 * Movable names of versions, as the registry knows them. Moving one changes no gateway: a rollout
 * or a deployment does, and moves the alias when it has succeeded. Thread-safe.
 */
public interface ModelAliases {
    /** The aliases of a model, by alias and site. */
    List<ModelAlias> list(String model);

    /** Every alias of every model. */
    List<ModelAlias> list();

    /**
     * The version that an alias means at a site: its meaning there, or else everywhere.
     *
     * @param site {@link ModelAlias#EVERYWHERE}, or a gateway's site
     */
    Optional<ModelVersion> meaning(String model, String alias, String site);

    /**
     * Lets an alias mean a version. To what it means already nothing happens.
     *
     * @param site {@link ModelAlias#EVERYWHERE}, or one site
     * @param digest as of {@link ModelRegistry#get}
     * @param movedBy who, or which rollout
     * @throws AggregatorException {@code MODEL_NOT_FOUND}, {@code INVALID_ARGUMENT} for a name that
     *     no alias can have
     */
    ModelAlias move(String model, String alias, String site, String digest, String movedBy);

    /**
     * Removes an alias; nothing happens when there is none.
     *
     * @throws AggregatorException {@code MODEL_NOT_FOUND}
     */
    void remove(String model, String alias, String site, String removedBy);

    /** The newest 200 moves of a model's aliases, newest first. */
    List<ModelAlias.Move> history(String model);
}
