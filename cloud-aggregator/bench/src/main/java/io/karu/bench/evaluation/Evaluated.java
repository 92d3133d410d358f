package io.karu.bench.evaluation;

import io.karu.bench.BenchReport;
import io.karu.learning.report.Report;
import java.util.Objects;

/**
 * An evaluation's result.
 *
 * @param table figures with what is required of them
 * @param report the same with curves and pictures
 */
public record Evaluated(BenchReport table, Report report) {
    public Evaluated {
        Objects.requireNonNull(table, "table");
        Objects.requireNonNull(report, "report");
    }
}
