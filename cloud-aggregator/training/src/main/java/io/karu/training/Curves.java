package io.karu.training;

import io.karu.learning.djl.History;
import io.karu.learning.report.Curve;
import io.karu.learning.report.Curve.Point;
import io.karu.learning.report.Curve.Series;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** A run's history as the curves of its report. */
public final class Curves {
    private Curves() {}

    /** One curve for each metric, and the learning rate. */
    public static List<Curve> of(History history) {
        Set<String> names = new LinkedHashSet<>();
        for (History.Epoch epoch : history.epochs()) {
            names.addAll(epoch.training().keySet());
            names.addAll(epoch.validation().keySet());
        }
        Optional<Double> best =
                history.best().isPresent()
                        ? Optional.of((double) history.best().getAsInt())
                        : Optional.empty();
        List<Curve> curves = new ArrayList<>();
        for (String name : names) {
            List<Series> lines = new ArrayList<>();
            add(lines, "training", history, epoch -> value(epoch.training(), name));
            add(lines, "validation", history, epoch -> value(epoch.validation(), name));
            curves.add(new Curve(name, "epoch", Curve.Scale.LINEAR, best, lines));
        }
        List<Series> rate = new ArrayList<>();
        add(rate, "learning rate", history, History.Epoch::rate);
        curves.add(new Curve("learning rate", "epoch", Curve.Scale.LOG, best, rate));
        return curves;
    }

    private static void add(
            List<Series> lines,
            String name,
            History history,
            Function<History.Epoch, Double> read) {
        List<Point> points = new ArrayList<>();
        for (History.Epoch epoch : history.epochs()) {
            double value = read.apply(epoch);
            if (Double.isFinite(value)) {
                points.add(new Point(epoch.number(), value));
            }
        }
        if (!points.isEmpty()) {
            lines.add(new Series(name, points));
        }
    }

    private static double value(Map<String, Double> metrics, String name) {
        return metrics.getOrDefault(name, Double.NaN);
    }
}
