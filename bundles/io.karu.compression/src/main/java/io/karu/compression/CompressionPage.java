package io.karu.compression;

import io.karu.learning.metric.Interval;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A compression report as one HTML file: the grid and quality against latency. Loads nothing. */
final class CompressionPage {
    private static final String STYLE =
            """
            :root{color-scheme:light dark;--ink:#151515;--soft:#6a6e73;--line:#d2d2d2;--ground:#fff;--bad:#b1380b;--good:#3d7317;--accent:#0066cc}
            @media(prefers-color-scheme:dark){:root{--ink:#f0f0f0;--soft:#b8bbbe;--line:#444548;--ground:#1b1d21;--bad:#f4784a;--good:#9ad06a;--accent:#73bcf7}}
            body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:80rem;margin:2rem auto;padding:0 1rem}
            h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}.soft{color:var(--soft);font-size:.85rem}
            table{border-collapse:collapse;width:100%}td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
            td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
            .CHOSEN{color:var(--good);font-weight:600}.PASSED{color:var(--good)}.REFUSED{color:var(--bad)}
            svg text{font-size:11px;fill:var(--soft)}svg line{stroke:var(--line)}circle{fill-opacity:.6}
            circle.PARENT{fill:var(--soft)}circle.CHOSEN,circle.PASSED{fill:var(--good)}circle.REFUSED{fill:var(--bad)}
            """;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 320;
    private static final int MARGIN = 50;

    private final StringBuilder out = new StringBuilder(1 << 15);

    private CompressionPage() {}

    static String of(CompressionReport report) {
        CompressionPage page = new CompressionPage();
        page.out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
        page.text(report.title() + ": compression").append("</title><style>").append(STYLE);
        page.out.append("</style></head><body><h1>");
        page.text(report.title() + ": compression").append("</h1><p class=\"soft\">");
        page.text(report.createdAt() + ", seed " + report.seed()).append("<br>");
        page.text(report.machine()).append("<br><code>");
        page.text(report.command()).append("</code></p>\n<p>Budget: ");
        page.text(String.join(", ", report.budgets().stream().map(Budget::toString).toList()));
        page.out.append("</p>\n");
        report.notes().forEach(note -> page.text(note, "<p>", "</p>\n"));
        Set<String> scopes = new LinkedHashSet<>();
        report.variants().forEach(v -> scopes.add(v.scope() + ": " + v.data()));
        for (String scope : scopes) {
            List<Variant> of =
                    report.variants().stream()
                            .filter(v -> (v.scope() + ": " + v.data()).equals(scope))
                            .toList();
            page.text(scope, "<h2>", "</h2>\n");
            page.table(of);
            page.chart(of);
        }
        return page.out.append("</body></html>\n").toString();
    }

    private void table(List<Variant> variants) {
        Set<String> metrics = variants.get(0).metrics().keySet();
        out.append("<table><tr><th>variant");
        metrics.forEach(metric -> text(metric, "<th class=\"n\">", ""));
        for (String head :
                List.of(
                        "p50 ms",
                        "p99 ms",
                        "speed-up",
                        isMeasured(variants) ? "resident MB" : "computed MB",
                        "size MB",
                        "clipped")) {
            text(head, "<th class=\"n\">", "");
        }
        out.append("<th>outcome</tr>\n");
        for (Variant variant : variants) {
            text(variant.name(), "<tr><td>", "");
            text(String.join(", ", variant.steps()), "<br><span class=\"soft\">", "</span>");
            for (String metric : metrics) {
                Interval value = variant.metrics().get(metric);
                number("%.4f", value.value());
                out.append(
                        String.format(
                                Locale.ROOT,
                                "<br><span class=\"soft\">%.4f – %.4f</span>",
                                value.low(),
                                value.high()));
            }
            number("%.2f", variant.timing().p50());
            number("%.2f", variant.timing().p99());
            out.append("<td class=\"n\">");
            variant.speedup()
                    .ifPresent(r -> out.append(String.format(Locale.ROOT, "%.2f", r.value())));
            number("%.2f", memory(variants, variant) / 1e6);
            number("%.2f", variant.size().fileBytes() / 1e6);
            number("%.5f", variant.clippedFraction());
            out.append("<td><span class=\"").append(variant.outcome()).append("\">");
            text(variant.outcome().name().toLowerCase(Locale.ROOT)).append("</span><br>");
            text(variant.reason(), "<span class=\"soft\">", "</span></tr>\n");
        }
        out.append("</table>\n");
    }

    private static boolean isMeasured(List<Variant> variants) {
        return variants.stream().allMatch(v -> v.size().memoryBytes().isPresent());
    }

    private static double memory(List<Variant> variants, Variant variant) {
        return isMeasured(variants)
                ? variant.size().memoryBytes().getAsLong()
                : variant.size().workingBytes();
    }

    private void chart(List<Variant> variants) {
        String metric = variants.get(0).metrics().keySet().iterator().next();
        double slowest = variants.stream().mapToDouble(v -> v.timing().p50()).max().orElse(1);
        double best = variants.stream().mapToDouble(v -> value(v, metric)).max().orElse(1);
        double worst = variants.stream().mapToDouble(v -> value(v, metric)).min().orElse(0);
        double span = Math.max(best - worst, 1e-3);
        double largest = variants.stream().mapToDouble(v -> v.size().fileBytes()).max().orElse(1);
        out.append(
                String.format(
                        Locale.ROOT,
                        "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s against latency\">",
                        WIDTH,
                        HEIGHT,
                        WIDTH,
                        escaped(metric)));
        line(MARGIN, HEIGHT - MARGIN, WIDTH - 10, HEIGHT - MARGIN);
        line(MARGIN, 10, MARGIN, HEIGHT - MARGIN);
        label(
                WIDTH / 2,
                HEIGHT - 15,
                "latency p50, 0 to " + String.format(Locale.ROOT, "%.2f ms", slowest));
        label(MARGIN + 4, 20, metric + String.format(Locale.ROOT, " %.4f", best));
        label(4, HEIGHT - MARGIN, String.format(Locale.ROOT, "%.4f", worst));
        for (Variant variant : variants) {
            double x = MARGIN + (WIDTH - MARGIN - 60) * variant.timing().p50() / slowest;
            double y = 30 + (HEIGHT - MARGIN - 45) * (best - value(variant, metric)) / span;
            double radius = 3 + 12 * Math.sqrt(variant.size().fileBytes() / largest);
            out.append(
                    String.format(
                            Locale.ROOT,
                            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>",
                            variant.outcome(),
                            x,
                            y,
                            radius,
                            escaped(variant.name())));
            label(x + radius + 2, y + 4, variant.name());
        }
        out.append("</svg>\n");
    }

    private static double value(Variant variant, String metric) {
        return variant.metrics().get(metric).value();
    }

    private void line(int x1, int y1, int x2, int y2) {
        out.append(
                String.format("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", x1, y1, x2, y2));
    }

    private void label(double x, double y, String text) {
        out.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\">", x, y));
        text(text).append("</text>");
    }

    private void number(String format, double value) {
        out.append("<td class=\"n\">").append(String.format(Locale.ROOT, format, value));
    }

    private StringBuilder text(String text, String before, String after) {
        out.append(before);
        return text(text).append(after);
    }

    private StringBuilder text(String text) {
        return out.append(escaped(text));
    }

    private static String escaped(String text) {
        String safe = text;
        for (Map.Entry<String, String> entity :
                List.of(
                        Map.entry("&", "&amp;"),
                        Map.entry("<", "&lt;"),
                        Map.entry(">", "&gt;"),
                        Map.entry("\"", "&quot;"))) {
            safe = safe.replace(entity.getKey(), entity.getValue());
        }
        return safe;
    }
}
