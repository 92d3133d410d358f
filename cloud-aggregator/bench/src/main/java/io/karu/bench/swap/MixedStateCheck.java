package io.karu.bench.swap;

import ai.onnxruntime.OrtEnvironment;
import com.fasterxml.jackson.databind.JsonNode;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.Finding;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.testbed.Camera;
import io.karu.testbed.GeneratedBoards;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.TemplateInspector;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes verdicts again with exactly the version that each names: a verdict whose findings differ
 * was made with parts of two versions. Around each change of version all verdicts are checked,
 * elsewhere one in twenty.
 */
final class MixedStateCheck {
    private static final int AROUND_A_SWAP = 5;
    private static final int ELSEWHERE = 20;
    private static final double SCORE_TOLERANCE = 1e-4;

    private final Map<String, Path> folderByDigest;
    private final GeneratedBoards boards;
    private int checked;
    private int mixed;

    MixedStateCheck(Map<String, Path> folderByDigest, GeneratedBoards boards) {
        this.folderByDigest = folderByDigest;
        this.boards = boards;
    }

    int checked() {
        return checked;
    }

    int mixed() {
        return mixed;
    }

    /** Checks one gateway's verdicts. */
    void check(List<JsonNode> rows) throws Exception {
        List<JsonNode> ordered = new ArrayList<>(rows);
        ordered.sort(Comparator.comparingLong(row -> row.path("sequence").asLong()));
        Map<String, List<JsonNode>> byDigest = new LinkedHashMap<>();
        for (int i = 0; i < ordered.size(); i++) {
            if (nearSwap(ordered, i) || i % ELSEWHERE == 0) {
                byDigest.computeIfAbsent(
                                ordered.get(i).path("model").asText(), digest -> new ArrayList<>())
                        .add(ordered.get(i));
            }
        }
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        try {
            for (Map.Entry<String, List<JsonNode>> version : byDigest.entrySet()) {
                Path folder = folderByDigest.get(version.getKey());
                if (folder == null) {
                    mixed += version.getValue().size();
                    continue;
                }
                ModelVersionFolder model = ModelVersionFolder.read(folder);
                try (InferenceSession session =
                                engine.open(model.graph(), SessionOptions.SHARED_GATEWAY);
                        TemplateInspector inspector = new TemplateInspector()) {
                    for (JsonNode row : version.getValue()) {
                        checked++;
                        mixed += same(row, inspector, model, session) ? 0 : 1;
                    }
                }
            }
        } finally {
            engine.close();
        }
    }

    private static boolean nearSwap(List<JsonNode> rows, int index) {
        String digest = rows.get(index).path("model").asText();
        int from = Math.max(0, index - AROUND_A_SWAP);
        int to = Math.min(rows.size(), index + AROUND_A_SWAP + 1);
        return rows.subList(from, to).stream()
                .anyMatch(row -> !row.path("model").asText().equals(digest));
    }

    private boolean same(
            JsonNode row,
            TemplateInspector inspector,
            ModelVersionFolder model,
            InferenceSession session)
            throws Exception {
        long number = Long.parseLong(row.path("frame").asText().substring(0, 8));
        Camera.Board board = boards.board(number);
        GrayImage test = new GrayImage();
        GrayImage template = new GrayImage();
        try (GrayDecoder decoder = new GrayDecoder()) {
            decoder.decode(ByteBuffer.wrap(board.test()), test);
            decoder.decode(ByteBuffer.wrap(board.template()), template);
        }
        inspector.prepare(model.card(), session, test.width(), test.height());
        inspector.fill(test, template);
        inspector.run();
        List<Finding> findings = inspector.findings(inspector.threshold());
        JsonNode told = row.path("findings");
        if (findings.size() != told.size()) {
            return false;
        }
        for (int i = 0; i < findings.size(); i++) {
            Finding finding = findings.get(i);
            JsonNode other = told.get(i);
            if (finding.x() != other.path("x").asInt()
                    || finding.y() != other.path("y").asInt()
                    || finding.width() != other.path("width").asInt()
                    || finding.height() != other.path("height").asInt()
                    || Math.abs(finding.score() - other.path("score").asDouble())
                            > SCORE_TOLERANCE) {
                return false;
            }
        }
        return true;
    }
}
