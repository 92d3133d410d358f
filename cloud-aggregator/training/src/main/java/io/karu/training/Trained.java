package io.karu.training;

import io.karu.learning.report.Report;
import io.karu.modelversion.ModelVersionFolder;
import java.util.Objects;

/**
 * What a recipe made: the version, written into the order's folder, and the report of its training.
 */
public record Trained(ModelVersionFolder version, Report report) {
    public Trained {
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(report, "report");
    }
}
