package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.learning.data.Annotation;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.learning.metric.DetectionPrecision;
import io.karu.learning.metric.DetectionPrecision.Located;
import io.karu.learning.metric.DetectionPrecision.Scored;
import io.karu.learning.report.Report;
import io.karu.learning.report.SampleResult;
import io.karu.modelversion.Metric;
import io.karu.vision.Box;
import io.karu.vision.DetectionScore;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Models that locate defects: comparison with a template and detection. DeepPCB's rule: IoU above
 * 0.33 with an unused defect; a detection must also name its class.
 */
final class LocatingEvaluation {
    private static final double REQUIRED_F = 0.75;
    private static final double AIMED_F = 0.90;
    private static final double STRICT = 0.5;
    private static final int PICTURES = 24;

    private final Subject subject;
    private final boolean classes;
    private final DetectionPrecision official;
    private final DetectionPrecision strict;
    private final List<Judged> judged = new ArrayList<>();
    private DetectionScore found = DetectionScore.NONE;
    private DetectionScore trivial = DetectionScore.NONE;

    /** A sample with how many of its defects were missed or made up. */
    private record Judged(Sample sample, int errors, SampleResult result) {}

    private LocatingEvaluation(Subject subject) {
        this.subject = subject;
        this.classes = subject.card().task() == ModelCard.Task.DETECTION;
        int count = Math.max(1, subject.card().labels().size());
        this.official = new DetectionPrecision(count, DetectionScore.DEEP_PCB_IOU);
        this.strict = new DetectionPrecision(count, STRICT);
    }

    static Evaluated of(Subject subject, DataSet data, String part)
            throws IOException, InferenceException {
        return new LocatingEvaluation(subject).run(data, part);
    }

    private Evaluated run(DataSet data, String part) throws IOException, InferenceException {
        XorBaseline baseline = new XorBaseline();
        double threshold = subject.card().parameter("threshold");
        for (Sample sample : data.samples()) {
            subject.run(sample, threshold);
            List<Finding> findings = subject.inspector().findings(threshold);
            List<Box> truth = sample.annotations().stream().map(Annotation::box).toList();
            DetectionScore score =
                    DetectionScore.of(boxes(findings), truth, DetectionScore.DEEP_PCB_IOU);
            found = found.plus(score);
            keep(sample, findings, score, threshold);
            if (classes) {
                List<Scored> all =
                        subject.inspector().findings(0).stream()
                                .filter(f -> subject.card().labels().contains(f.label()))
                                .map(this::scored)
                                .toList();
                List<Located> defects = sample.annotations().stream().map(this::located).toList();
                official.add(all, defects);
                strict.add(all, defects);
            }
            if (subject.frame() instanceof GrayImage image
                    && subject.template() instanceof GrayImage template) {
                trivial =
                        trivial.plus(
                                DetectionScore.of(
                                        baseline.boxes(image, template),
                                        truth,
                                        DetectionScore.DEEP_PCB_IOU));
            }
        }
        BenchReport table = table(data, part, threshold);
        subject.times(table);
        Report report = subject.report(data, part, metrics(data.name(), part, threshold));
        judged.sort(Comparator.comparingInt(Judged::errors).reversed());
        report.samples(
                judged.stream()
                        .limit(PICTURES)
                        .filter(one -> one.errors() > 0)
                        .map(Judged::result)
                        .toList());
        return new Evaluated(table, report);
    }

    private BenchReport table(DataSet data, String part, double threshold) {
        BenchReport table =
                subject.table(data, part)
                        .figure("images", data.samples().size(), "")
                        .figure("defects", found.defects(), "");
        if (classes) {
            DetectionPrecision.Counts counts = official.counts(threshold);
            table.figure("mAP at IoU 0.33, with class", official.mean(), "")
                    .figure("mAP at IoU 0.5, with class", strict.mean(), "");
            List<String> labels = subject.card().labels();
            for (int k = 0; k < labels.size(); k++) {
                if (!Double.isNaN(official.average(k))) {
                    table.figure("  " + labels.get(k), official.average(k), "");
                }
            }
            table.figure("precision, with class", counts.precision(), "")
                    .figure("recall, with class", counts.recall(), "")
                    .figure("F, with class", counts.f(), "");
        }
        table.figure("detections", found.detections(), "")
                .figure("true positives", found.truePositives(), "")
                .figure("precision", found.precision(), "")
                .figure("recall", found.recall(), "");
        if (classes) {
            table.figure("F", found.f(), "");
        } else {
            table.figure("F", found.f(), "", Bound.atLeast(REQUIRED_F), Bound.atLeast(AIMED_F));
        }
        if (trivial.defects() > 0) {
            table.figure("XOR baseline precision", trivial.precision(), "")
                    .figure("XOR baseline recall", trivial.recall(), "")
                    .figure("XOR baseline F", trivial.f(), "")
                    .note(
                            "baseline: XOR with the template, 3x3 opening, blobs within 10 pixels joined, boxes grown by 8 pixels");
        }
        return table.note(
                "rule: IoU above 0.33 with an unused defect, classes not told apart unless said");
    }

    private List<Metric> metrics(String data, String part, double threshold) {
        List<Metric> metrics = new ArrayList<>();
        if (classes) {
            metrics.add(Metric.of("mAP at IoU 0.33", official.mean(), data, part));
            metrics.add(Metric.of("mAP at IoU 0.5", strict.mean(), data, part));
            metrics.add(Metric.of("F with class", official.counts(threshold).f(), data, part));
        }
        metrics.add(Metric.of("F", found.f(), data, part).over(found.defects()));
        if (trivial.defects() > 0) {
            metrics.add(
                    Metric.of("F", trivial.f(), data, part).over(trivial.defects()).asBaseline());
        }
        return metrics;
    }

    private void keep(Sample sample, List<Finding> findings, DetectionScore score, double threshold)
            throws IOException {
        int missed = score.defects() - score.truePositives();
        int madeUp = score.detections() - score.truePositives();
        SampleResult result =
                new SampleResult(
                        sample.id(),
                        score.defects() + " defects",
                        score.detections() + " found",
                        findings.isEmpty() ? 0 : findings.get(0).score(),
                        Optional.of(threshold),
                        missed + madeUp > 0,
                        String.format(Locale.ROOT, "%d missed, %d false alarms", missed, madeUp),
                        missed + madeUp > 0 ? Files.readAllBytes(sample.image()) : new byte[0],
                        missed + madeUp > 0 ? subject.heatMap() : Optional.empty(),
                        Optional.empty(),
                        findings);
        judged.add(new Judged(sample, missed + madeUp, result));
        if (judged.size() > 4 * PICTURES) {
            judged.sort(Comparator.comparingInt(Judged::errors).reversed());
            judged.subList(PICTURES, judged.size()).clear();
        }
    }

    private Scored scored(Finding finding) {
        return new Scored(
                located(
                        new Box(finding.x(), finding.y(), finding.width(), finding.height()),
                        finding.label()),
                finding.score());
    }

    private Located located(Annotation mark) {
        return located(mark.box(), mark.label());
    }

    private Located located(Box box, String label) {
        int type = subject.card().labels().indexOf(label);
        if (type < 0) {
            throw new IllegalArgumentException(
                    "class " + label + " is none of the model's: " + subject.card().labels());
        }
        return new Located(box.x(), box.y(), box.x() + box.width(), box.y() + box.height(), type);
    }

    private static List<Box> boxes(List<Finding> findings) {
        return findings.stream().map(f -> new Box(f.x(), f.y(), f.width(), f.height())).toList();
    }
}
