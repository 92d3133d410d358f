package io.karu.learning.report;

import io.karu.learning.report.Curve.Point;
import io.karu.learning.report.Curve.Series;
import java.util.List;
import java.util.Locale;

/** Draws a {@link Curve} as SVG. */
final class CurveSvg {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 240;
    private static final int LEFT = 60;
    private static final int RIGHT = 120;
    private static final int TOP = 12;
    private static final int BOTTOM = 34;
    private static final int TICKS = 5;
    private static final List<String> COLOURS =
            List.of("#0066cc", "#c9190b", "#3e8635", "#8476d1", "#f0ab00", "#009596");

    private final Curve curve;
    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private double from = Double.POSITIVE_INFINITY;
    private double to = Double.NEGATIVE_INFINITY;

    CurveSvg(Curve curve) {
        this.curve = curve;
        for (Series series : curve.series()) {
            for (Point point : series.points()) {
                if (curve.scale() == Curve.Scale.LINEAR || point.value() > 0) {
                    low = Math.min(low, scaled(point.value()));
                    high = Math.max(high, scaled(point.value()));
                    from = Math.min(from, point.at());
                    to = Math.max(to, point.at());
                }
            }
        }
        if (high == low) {
            high += 1;
        }
        if (to == from) {
            to += 1;
        }
    }

    void draw(StringBuilder out) {
        if (low > high) {
            out.append("<p class=\"soft\">no values</p>\n");
            return;
        }
        out.append("<svg role=\"img\" width=\"").append(WIDTH).append("\" height=\"");
        out.append(HEIGHT).append("\" viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
        out.append("\" fill=\"none\" stroke-width=\"1.5\">\n");
        for (int i = 0; i <= TICKS; i++) {
            double value = low + (high - low) * i / TICKS;
            double y = y(value);
            line(out, LEFT, y, WIDTH - RIGHT, y, "var(--line)");
            label(out, LEFT - 6, y + 4, "end", HtmlPage.number(unscaled(value)));
            double at = from + (to - from) * i / TICKS;
            label(out, x(at), HEIGHT - BOTTOM + 16, "middle", HtmlPage.number(at));
        }
        label(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 2, "middle", curve.axis());
        curve.best().ifPresent(at -> line(out, x(at), TOP, x(at), HEIGHT - BOTTOM, "var(--soft)"));
        for (int i = 0; i < curve.series().size(); i++) {
            String colour = COLOURS.get(i % COLOURS.size());
            Series series = curve.series().get(i);
            out.append("<polyline stroke=\"").append(colour).append("\" points=\"");
            for (Point point : series.points()) {
                if (curve.scale() == Curve.Scale.LINEAR || point.value() > 0) {
                    out.append(fixed(x(point.at()))).append(',');
                    out.append(fixed(y(scaled(point.value())))).append(' ');
                }
            }
            out.append("\"/>\n");
            double y = TOP + 14 + 16 * i;
            line(out, WIDTH - RIGHT + 8, y - 4, WIDTH - RIGHT + 24, y - 4, colour);
            label(out, WIDTH - RIGHT + 28, y, "start", series.name());
        }
        out.append("</svg>\n");
    }

    private double scaled(double value) {
        return curve.scale() == Curve.Scale.LOG ? Math.log10(value) : value;
    }

    private double unscaled(double value) {
        return curve.scale() == Curve.Scale.LOG ? Math.pow(10, value) : value;
    }

    private double x(double at) {
        return LEFT + (at - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    }

    private static void line(
            StringBuilder out, double x1, double y1, double x2, double y2, String colour) {
        out.append("<line x1=\"").append(fixed(x1)).append("\" y1=\"").append(fixed(y1));
        out.append("\" x2=\"").append(fixed(x2)).append("\" y2=\"").append(fixed(y2));
        out.append("\" stroke=\"").append(colour).append("\"/>\n");
    }

    private static void label(
            StringBuilder out, double x, double y, String anchor, String content) {
        out.append("<text x=\"").append(fixed(x)).append("\" y=\"").append(fixed(y));
        out.append("\" text-anchor=\"").append(anchor).append("\">");
        HtmlPage.text(out, content).append("</text>\n");
    }

    private static String fixed(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
