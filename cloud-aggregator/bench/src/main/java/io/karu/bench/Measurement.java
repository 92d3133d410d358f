package io.karu.bench;

import java.util.List;

/**
 * A benchmark. {@link Bench} finds it by {@code META-INF/services}, so that modules above this one
 * bring their own.
 */
public interface Measurement {
    /** What stands behind {@code ./karu bench}. */
    String name();

    /** One sentence: what is measured against what. */
    String description();

    /**
     * Measures.
     *
     * @param options what stood on the command line after the name, without {@code --json}
     * @throws IllegalArgumentException naming the option that is wrong
     */
    BenchReport measure(List<String> options) throws Exception;
}
