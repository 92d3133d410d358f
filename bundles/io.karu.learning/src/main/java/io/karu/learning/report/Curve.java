package io.karu.learning.report;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Lines over one axis.
 *
 * @param name what the values are, for instance {@code loss}
 * @param axis what runs to the right, for instance {@code epoch}
 * @param scale how values are shown
 * @param best position of the version that was kept
 * @param series the lines
 */
public record Curve(
        String name, String axis, Scale scale, Optional<Double> best, List<Series> series) {

    /** How values are shown. */
    public enum Scale {
        LINEAR,
        LOG
    }

    /**
     * One line.
     *
     * @param points position and value, in order
     */
    public record Series(String name, List<Point> points) {
        public Series {
            Objects.requireNonNull(name, "name");
            points = List.copyOf(points);
        }
    }

    /** A point of a line; finite numbers. */
    public record Point(double at, double value) {
        public Point {
            if (!Double.isFinite(at) || !Double.isFinite(value)) {
                throw new IllegalArgumentException("point " + at + ", " + value);
            }
        }
    }

    public Curve {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(axis, "axis");
        Objects.requireNonNull(scale, "scale");
        Objects.requireNonNull(best, "best");
        series = List.copyOf(series);
    }

    /** A curve on a linear scale. */
    public static Curve of(String name, String axis, Series... series) {
        return new Curve(name, axis, Scale.LINEAR, Optional.empty(), List.of(series));
    }

    /** This curve with the position of the version that was kept. */
    public Curve keptAt(double position) {
        return new Curve(name, axis, scale, Optional.of(position), series);
    }
}
