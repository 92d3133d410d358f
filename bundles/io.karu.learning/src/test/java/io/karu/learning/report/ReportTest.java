package io.karu.learning.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.karu.api.inspection.Finding;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.learning.metric.Confusion;
import io.karu.learning.report.Curve.Point;
import io.karu.learning.report.Curve.Series;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportTest {
    private static final Digest DIGEST = new Digest("sha256:" + "0f".repeat(32));
    private static final String HOSTILE = "<script>alert('x')</script>&\"";

    @TempDir Path temp;

    private Report report() throws IOException {
        ModelCard card =
                new ModelCard(
                        "joints",
                        "1",
                        ModelCard.Task.CLASSIFICATION,
                        List.of("good", "short"),
                        List.of(),
                        List.of(),
                        Map.of(),
                        "");
        Confusion confusion = new Confusion(List.of("good", HOSTILE));
        confusion.add(0, 0);
        confusion.add(1, 0);
        byte[] picture = Pictures.png(new GrayImage(8, 4, new byte[32]));
        return new Report(
                        Report.Kind.EVALUATION,
                        new ModelVersionFolder(
                                temp, card, List.of(), DIGEST, new TreeMap<>(Map.of())))
                .command("./karu evaluate joints")
                .seed(3)
                .seconds(1.5)
                .data(List.of(new DataUse("joints", "fold 0", "test", DIGEST, 2)))
                .metrics(List.of(Metric.of("macro recall", 0.5, "joints", "").within(0.2, 0.8)))
                .note(HOSTILE)
                .confusion(confusion)
                .curve(
                        Curve.of(
                                "loss",
                                "epoch",
                                new Series("training", List.of(new Point(1, 2), new Point(2, 1)))))
                .samples(
                        List.of(
                                new SampleResult(
                                        HOSTILE,
                                        "short",
                                        "good",
                                        0.2,
                                        Optional.of(0.5),
                                        true,
                                        "missed",
                                        picture,
                                        Optional.of(picture),
                                        Optional.empty(),
                                        List.of(new Finding("short", 1, 1, 2, 2, 0.2)))));
    }

    @Test
    void theReportLiesBesideItsVersionWithItsPictures() throws Exception {
        Path file = report().write(temp.resolve("joints-1"));
        assertEquals(temp.resolve("joints-1.reports/evaluation.json"), file);
        JsonObject json = new Gson().fromJson(Files.readString(file), JsonObject.class);
        assertEquals(1, json.get("contract").getAsInt());
        assertEquals("evaluation", json.get("kind").getAsString());
        assertEquals(DIGEST.value(), json.getAsJsonObject("model").get("digest").getAsString());
        assertEquals(
                DIGEST.value(),
                json.getAsJsonArray("data").get(0).getAsJsonObject().get("digest").getAsString());
        JsonObject sample = json.getAsJsonArray("samples").get(0).getAsJsonObject();
        byte[] picture = Files.readAllBytes(file.resolveSibling(sample.get("image").getAsString()));
        assertArrayEquals(new int[] {8, 4}, Pictures.size(picture));
        assertEquals(
                1,
                json.getAsJsonObject("confusion")
                        .getAsJsonArray("counts")
                        .get(1)
                        .getAsJsonArray()
                        .get(0)
                        .getAsInt());
    }

    @Test
    void thePageIsOneFileThatLoadsNothingAndEscapesEveryText() throws Exception {
        String html = HtmlPage.of(report());
        assertFalse(html.contains("<script"), html);
        assertFalse(html.contains("alert('x')"), html);
        assertTrue(html.contains("&lt;script&gt;"), html);
        assertFalse(
                Pattern.compile("(src|href)=\"(?!data:)").matcher(html).find(),
                "a page that loads something");
        assertTrue(html.contains("<polyline"), html);
        assertTrue(html.contains("data:image/png;base64,"), html);
    }

    @Test
    void theCurveIsWellFormedSvg() throws Exception {
        StringBuilder out = new StringBuilder();
        new CurveSvg(
                        new Curve(
                                HOSTILE,
                                HOSTILE,
                                Curve.Scale.LOG,
                                Optional.of(1.0),
                                List.of(
                                        new Series(HOSTILE, List.of(new Point(1, 0.01))),
                                        new Series(
                                                "zero",
                                                List.of(new Point(1, 0), new Point(2, 10))))))
                .draw(out);
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(out.toString())));
    }
}
