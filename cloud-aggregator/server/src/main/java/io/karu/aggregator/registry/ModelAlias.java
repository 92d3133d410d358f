package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a movable name of a model means.
 *
 * @param model name of the model
 * @param alias for instance {@code champion}
 * @param site where it means that; empty: everywhere that has no meaning of its own
 * @param digest of the version
 * @param generation grows by one with each move, from 1
 */
public record ModelAlias(
        String model,
        String alias,
        String site,
        String digest,
        int generation,
        Instant movedAt,
        String movedBy) {
    /** What decides. */
    public static final String CHAMPION = "champion";

    /** What runs beside it and decides nothing. */
    public static final String CHALLENGER = "challenger";

    /** The site of an alias that holds wherever none of its own is set. */
    public static final String EVERYWHERE = "";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Pattern RESERVED = Pattern.compile("(?i)latest|v\\d+");

    /**
     * One move, kept for good.
     *
     * @param digest what it meant from then on; absent when it was removed
     */
    public record Move(String alias, String site, Optional<String> digest, Instant at, String by) {}

    /**
     * Checks the name of an alias by MLflow's rules.
     *
     * @throws AggregatorException {@code INVALID_ARGUMENT}
     */
    public static String requireName(String alias) {
        if (!NAME.matcher(alias).matches() || RESERVED.matcher(alias).matches()) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "alias \""
                            + alias
                            + "\": use 1 to 64 letters, digits, '_' or '-', and neither \"latest\" nor a version as \"v1\"");
        }
        return alias;
    }
}
