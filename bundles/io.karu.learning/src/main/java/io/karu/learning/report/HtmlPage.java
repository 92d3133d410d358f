package io.karu.learning.report;

import io.karu.api.inspection.Finding;
import io.karu.learning.metric.Confusion;
import io.karu.modelversion.Machine;
import io.karu.modelversion.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;

/**
 * A {@link Report} as one HTML file: tables, curves as SVG, pictures as data. It loads nothing from
 * anywhere, and every text is escaped.
 */
public final class HtmlPage {
    private static final String STYLE =
            """
            :root{color-scheme:light dark;--ink:#151515;--soft:#6a6e73;--line:#d2d2d2;--ground:#fff;--bad:#b1380b;--good:#3d7317}
            @media(prefers-color-scheme:dark){:root{--ink:#f0f0f0;--soft:#b8bbbe;--line:#444548;--ground:#1b1d21;--bad:#f4784a;--good:#9ad06a}}
            body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:70rem;margin:2rem auto;padding:0 1rem}
            h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
            .soft,figcaption,td.soft{color:var(--soft);font-size:.85rem}
            table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid var(--line)}
            td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
            svg text{font-size:11px;fill:var(--soft)}
            .samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:1rem}
            figure{margin:0;border:1px solid var(--line);padding:.5rem}figure.wrong{border-color:var(--bad)}
            .layers{position:relative;line-height:0}.layers img{width:100%;image-rendering:pixelated}
            .layers .heat{position:absolute;inset:0;height:100%;mix-blend-mode:screen;opacity:.75;filter:sepia(1) saturate(8) hue-rotate(-50deg)}
            .layers svg{position:absolute;inset:0;width:100%;height:100%}
            .wrong b{color:var(--bad)}
            """;

    private final StringBuilder out = new StringBuilder(1 << 16);

    private HtmlPage() {}

    /** The page of one or more reports of the same version. */
    public static String of(Report... reports) {
        HtmlPage page = new HtmlPage();
        page.out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.out.append("<meta name=\"viewport\" content=\"width=device-width\"><title>");
        page.text(reports[0].title()).append("</title><style>").append(STYLE);
        page.out.append("</style></head><body>\n");
        for (Report report : reports) {
            page.report(report);
        }
        return page.out.append("</body></html>\n").toString();
    }

    /** Writes the page of one or more reports of the same version. */
    public static Path write(Path file, Report... reports) throws IOException {
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        return Files.writeString(file, of(reports));
    }

    private void report(Report report) {
        out.append("<h1>");
        text(report.title()).append(": ").append(report.kind()).append("</h1><p class=\"soft\">");
        text(report.digest().value()).append("<br>");
        text(report.createdAt().toString()).append(", seed ").append(report.seed());
        if (report.seconds() > 0) {
            out.append(", ").append(number(report.seconds())).append(" s");
        }
        Machine machine = Machine.here();
        out.append("<br>");
        text(machine.processor() + ", " + machine.cores() + " cores");
        text(machine.cpuFlags().isEmpty() ? "" : " (" + String.join(" ", machine.cpuFlags()) + ")");
        if (!report.command().isEmpty()) {
            out.append("<br><code>");
            text(report.command()).append("</code>");
        }
        out.append("</p>\n");
        metrics(report);
        report.notes().forEach(note -> text(out.append("<p>"), note).append("</p>\n"));
        report.confusion().ifPresent(this::confusion);
        report.curves().forEach(this::curve);
        samples(report);
        data(report);
    }

    private void metrics(Report report) {
        if (report.metrics().isEmpty()) {
            return;
        }
        out.append("<h2>Metrics</h2><table><tr><th>metric<th class=\"n\">value");
        out.append("<th class=\"n\">interval<th class=\"n\">samples<th>data</tr>\n");
        for (Metric metric : report.metrics()) {
            out.append("<tr><td>");
            text(metric.name() + (metric.baseline() ? " (trivial baseline)" : ""));
            out.append("<td class=\"n\">")
                    .append(number(metric.value()))
                    .append("<td class=\"n\">");
            metric.interval()
                    .ifPresent(
                            range ->
                                    out.append(number(range.low()))
                                            .append(" – ")
                                            .append(number(range.high())));
            out.append("<td class=\"n\">");
            out.append(metric.samples() > 0 ? Long.toString(metric.samples()) : "");
            out.append("<td class=\"soft\">");
            text((metric.data() + " " + metric.split()).trim()).append("</tr>\n");
        }
        out.append("</table>\n");
    }

    private void confusion(Confusion table) {
        out.append("<h2>Confusion</h2><table><tr><th class=\"soft\">truth \\ decided");
        table.labels().forEach(label -> text(out.append("<th class=\"n\">"), label));
        out.append("<th class=\"n\">recall</tr>\n");
        for (int t = 0; t < table.labels().size(); t++) {
            text(out.append("<tr><th>"), table.labels().get(t));
            for (int d = 0; d < table.labels().size(); d++) {
                double share =
                        table.samples(t) == 0 ? 0 : table.count(t, d) / (double) table.samples(t);
                String tint = t == d ? "var(--good)" : "var(--bad)";
                out.append("<td class=\"n\" style=\"background:color-mix(in srgb,").append(tint);
                out.append(' ').append(Math.round(share * 60)).append("%,transparent)\">");
                out.append(table.count(t, d));
            }
            out.append("<td class=\"n\">");
            out.append(table.samples(t) == 0 ? "" : number(table.recall(t))).append("</tr>\n");
        }
        out.append("</table>\n");
    }

    private void curve(Curve curve) {
        text(out.append("<h2>"), curve.name()).append("</h2>\n");
        new CurveSvg(curve).draw(out);
    }

    private void samples(Report report) {
        if (report.samples().isEmpty()) {
            return;
        }
        out.append("<h2>Samples, worst first</h2><div class=\"samples\">\n");
        for (SampleResult sample : report.samples()) {
            out.append("<figure").append(sample.wrong() ? " class=\"wrong\"" : "").append('>');
            out.append("<div class=\"layers\">");
            picture(sample.image(), "");
            sample.heatMap().ifPresent(map -> picture(map, "heat"));
            if (!sample.findings().isEmpty()) {
                boxes(sample);
            }
            out.append("</div><figcaption>");
            text(sample.frame()).append("<br><b>");
            text(sample.truth() + " → " + sample.decided()).append("</b>, score ");
            out.append(number(sample.score()));
            sample.threshold()
                    .ifPresent(
                            value -> out.append(" (threshold ").append(number(value)).append(')'));
            if (!sample.note().isEmpty()) {
                text(out.append("<br>"), sample.note());
            }
            out.append("</figcaption></figure>\n");
        }
        out.append("</div>\n");
    }

    private void boxes(SampleResult sample) {
        int[] size = Pictures.size(sample.image());
        out.append("<svg viewBox=\"0 0 ").append(size[0]).append(' ').append(size[1]);
        out.append("\" preserveAspectRatio=\"none\" fill=\"none\" stroke=\"#f4784a\">");
        for (Finding finding : sample.findings()) {
            out.append("<rect vector-effect=\"non-scaling-stroke\" stroke-width=\"2\" x=\"");
            out.append(finding.x()).append("\" y=\"").append(finding.y()).append("\" width=\"");
            out.append(finding.width()).append("\" height=\"").append(finding.height());
            text(out.append("\"><title>"), finding.label() + " " + number(finding.score()));
            out.append("</title></rect>");
        }
        out.append("</svg>");
    }

    private void picture(byte[] bytes, String style) {
        boolean png = bytes.length > 1 && (bytes[0] & 0xff) == 0x89;
        out.append("<img alt=\"\" class=\"").append(style).append("\" src=\"data:image/");
        out.append(png ? "png" : "jpeg").append(";base64,");
        out.append(Base64.getEncoder().encodeToString(bytes)).append("\">");
    }

    private void data(Report report) {
        if (report.data().isEmpty()) {
            return;
        }
        out.append("<h2>Data</h2><table><tr><th>data<th>split<th>part<th class=\"n\">samples");
        out.append("<th>digest</tr>\n");
        report.data()
                .forEach(
                        use -> {
                            text(out.append("<tr><td>"), use.name());
                            text(out.append("<td>"), use.split());
                            text(out.append("<td>"), use.part());
                            out.append("<td class=\"n\">").append(use.items());
                            text(out.append("<td class=\"soft\">"), use.digest().value());
                            out.append("</tr>\n");
                        });
        out.append("</table>\n");
    }

    private StringBuilder text(String raw) {
        return text(out, raw);
    }

    static StringBuilder text(StringBuilder out, String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(Character.isISOControl(c) && c != '\n' ? ' ' : c);
            }
        }
        return out;
    }

    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e9) {
            return Long.toString((long) value);
        }
        return String.format(Locale.ROOT, Math.abs(value) < 1e-3 ? "%.2e" : "%.4g", value);
    }
}
