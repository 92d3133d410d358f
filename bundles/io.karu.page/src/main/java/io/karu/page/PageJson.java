package io.karu.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/** What the page's scripts are told; verdicts read as in {@code docs/contracts.md} §1. */
final class PageJson {
    private PageJson() {}

    static JsonObject verdict(Verdict verdict, Optional<Overrule> overrule) {
        JsonObject json = new JsonObject();
        json.addProperty("station", verdict.frame().station().value());
        json.addProperty("frame", verdict.frame().position());
        json.addProperty("capturedAt", verdict.capturedAt().toString());
        json.addProperty("decidedAt", verdict.decidedAt().toString());
        json.addProperty("decision", verdict.decision().name());
        json.addProperty("reason", verdict.reason());
        json.addProperty("score", verdict.score());
        JsonArray findings = new JsonArray();
        for (Finding finding : verdict.findings()) {
            JsonObject box = new JsonObject();
            box.addProperty("label", finding.label());
            box.addProperty("x", finding.x());
            box.addProperty("y", finding.y());
            box.addProperty("width", finding.width());
            box.addProperty("height", finding.height());
            box.addProperty("score", finding.score());
            findings.add(box);
        }
        json.add("findings", findings);
        verdict.model().ifPresent(model -> json.addProperty("model", model.value()));
        json.addProperty("modelName", verdict.modelName());
        json.addProperty("image", verdict.imageDigest().value());
        verdict.heatMapDigest().ifPresent(heatMap -> json.addProperty("heatMap", heatMap.value()));
        JsonObject timing = new JsonObject();
        timing.addProperty("queued", micros(verdict.timing().queued()));
        timing.addProperty("decode", micros(verdict.timing().decode()));
        timing.addProperty("inference", micros(verdict.timing().inference()));
        timing.addProperty("decision", micros(verdict.timing().decision()));
        json.add("timingMicros", timing);
        overrule.ifPresent(o -> json.add("overrule", overrule(o)));
        return json;
    }

    static JsonObject overrule(Overrule overrule) {
        JsonObject json = new JsonObject();
        json.addProperty("station", overrule.frame().station().value());
        json.addProperty("frame", overrule.frame().position());
        json.addProperty("decision", overrule.decision().name());
        json.addProperty("operator", overrule.operator());
        json.addProperty("at", overrule.at().toString());
        json.addProperty("note", overrule.note());
        return json;
    }

    static JsonObject stations(Collection<StationStatus> statuses) {
        JsonArray list = new JsonArray();
        for (StationStatus status : statuses) {
            JsonObject json = new JsonObject();
            json.addProperty("station", status.station().value());
            json.addProperty("state", status.state().name());
            status.reason().ifPresent(reason -> json.addProperty("reason", reason));
            json.addProperty("model", status.model());
            json.addProperty("frames", status.frames());
            json.addProperty("accepted", status.accepted());
            json.addProperty("rejected", status.rejected());
            json.addProperty("review", status.review());
            json.addProperty("skipped", status.skipped());
            json.addProperty("framesPerSecond", Math.round(status.framesPerSecond() * 10) / 10.0);
            list.add(json);
        }
        JsonObject json = new JsonObject();
        json.add("stations", list);
        return json;
    }

    static JsonObject error(String code, String message) {
        JsonObject json = new JsonObject();
        json.addProperty("code", code);
        json.addProperty("message", message);
        return json;
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }
}
