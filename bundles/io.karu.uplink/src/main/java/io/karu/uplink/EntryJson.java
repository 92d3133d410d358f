package io.karu.uplink;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import java.io.CharArrayWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Journal entries as {@code docs/contracts.md} §1 spells them. Writing re-uses its buffers, because
 * it happens once per frame: one writer serves one thread at a time.
 */
public final class EntryJson {
    /**
     * Findings written per verdict, highest score first: an entry must fit a record and a batch a
     * message.
     */
    static final int MAX_FINDINGS = 500;

    private static final DateTimeFormatter SECONDS =
            new DateTimeFormatterBuilder().appendInstant(0).toFormatter();

    private final CharsetEncoder encoder =
            StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE);
    private final Text text = new Text();
    private final StringBuilder digits = new StringBuilder(32);
    private long second;
    private String toTheSecond;

    private static final class Text extends CharArrayWriter {
        CharBuffer chars() {
            return CharBuffer.wrap(buf, 0, count);
        }
    }

    /**
     * Appends the entry's UTF-8 text to the buffer; returns the buffer, or a bigger one with the
     * same content.
     */
    ByteBuffer verdict(long sequence, Verdict verdict, ByteBuffer into) {
        text.reset();
        try (JsonWriter json = new JsonWriter(text)) {
            write(sequence, verdict, json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return encode(into);
    }

    /** As {@link #verdict}. */
    ByteBuffer overrule(long sequence, Overrule overrule, ByteBuffer into) {
        text.reset();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            json.name("sequence").value(sequence);
            json.name("kind").value("overrule");
            json.name("station").value(overrule.frame().station().value());
            json.name("frame").value(overrule.frame().position());
            json.name("decision").value(overrule.decision().name());
            json.name("operator").value(overrule.operator());
            json.name("at").value(instant(overrule.at()));
            json.name("note").value(overrule.note());
            json.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return encode(into);
    }

    private ByteBuffer encode(ByteBuffer into) {
        CharBuffer chars = text.chars();
        encoder.reset();
        while (encoder.encode(chars, into, true) == CoderResult.OVERFLOW) {
            into = ByteBuffer.allocate(into.capacity() * 2).put(into.flip());
        }
        return into;
    }

    /** Writes one verdict as a JSON object. */
    private void write(long sequence, Verdict verdict, JsonWriter json) throws IOException {
        json.beginObject();
        json.name("sequence").value(sequence);
        json.name("kind").value("verdict");
        json.name("station").value(verdict.frame().station().value());
        json.name("frame").value(verdict.frame().position());
        json.name("capturedAt").value(instant(verdict.capturedAt()));
        json.name("decidedAt").value(instant(verdict.decidedAt()));
        json.name("decision").value(verdict.decision().name());
        json.name("reason").value(verdict.reason());
        json.name("score").value(verdict.score());
        json.name("findings").beginArray();
        List<Finding> findings = verdict.findings();
        for (int i = 0; i < Math.min(findings.size(), MAX_FINDINGS); i++) {
            Finding finding = findings.get(i);
            json.beginObject();
            json.name("label").value(finding.label());
            json.name("x").value(finding.x());
            json.name("y").value(finding.y());
            json.name("width").value(finding.width());
            json.name("height").value(finding.height());
            json.name("score").value(finding.score());
            json.endObject();
        }
        json.endArray();
        if (verdict.model().isPresent()) {
            json.name("model").value(verdict.model().get().value());
        }
        json.name("modelName").value(verdict.modelName());
        json.name("image").value(verdict.imageDigest().value());
        if (verdict.heatMapDigest().isPresent()) {
            json.name("heatMap").value(verdict.heatMapDigest().get().value());
        }
        json.name("timingMicros").beginObject();
        json.name("queued").value(micros(verdict.timing().queued()));
        json.name("decode").value(micros(verdict.timing().decode()));
        json.name("inference").value(micros(verdict.timing().inference()));
        json.name("decision").value(micros(verdict.timing().decision()));
        json.endObject();
        json.endObject();
    }

    /**
     * With milliseconds; the part up to the second is kept from the last call, since most calls are
     * within the same.
     */
    private String instant(Instant instant) {
        if (instant.getEpochSecond() != second || toTheSecond == null) {
            second = instant.getEpochSecond();
            toTheSecond = SECONDS.format(instant).replace("Z", "");
        }
        int millis = instant.getNano() / 1_000_000;
        digits.setLength(0);
        digits.append(toTheSecond).append('.');
        digits.append((char) ('0' + millis / 100)).append((char) ('0' + millis / 10 % 10));
        return digits.append((char) ('0' + millis % 10)).append('Z').toString();
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }

    static JsonObject parse(ByteBuffer text) {
        return JsonParser.parseString(StandardCharsets.UTF_8.decode(text).toString())
                .getAsJsonObject();
    }

    static Verdict verdict(JsonObject json) {
        List<Finding> findings = new ArrayList<>();
        JsonArray boxes = json.getAsJsonArray("findings");
        for (JsonElement element : boxes) {
            JsonObject box = element.getAsJsonObject();
            findings.add(
                    new Finding(
                            box.get("label").getAsString(),
                            box.get("x").getAsInt(),
                            box.get("y").getAsInt(),
                            box.get("width").getAsInt(),
                            box.get("height").getAsInt(),
                            box.get("score").getAsDouble()));
        }
        JsonObject timing = json.getAsJsonObject("timingMicros");
        return new Verdict(
                frame(json),
                Instant.parse(json.get("capturedAt").getAsString()),
                Instant.parse(json.get("decidedAt").getAsString()),
                Decision.valueOf(json.get("decision").getAsString()),
                json.get("reason").getAsString(),
                json.get("score").getAsDouble(),
                findings,
                digest(json, "model"),
                json.get("modelName").getAsString(),
                digest(json, "image").orElseThrow(),
                digest(json, "heatMap"),
                new Verdict.Timing(
                        micros(timing, "queued"),
                        micros(timing, "decode"),
                        micros(timing, "inference"),
                        micros(timing, "decision")));
    }

    static Overrule overrule(JsonObject json) {
        return new Overrule(
                frame(json),
                Decision.valueOf(json.get("decision").getAsString()),
                json.get("operator").getAsString(),
                Instant.parse(json.get("at").getAsString()),
                json.get("note").getAsString());
    }

    private static FrameId frame(JsonObject json) {
        return new FrameId(
                new StationId(json.get("station").getAsString()), json.get("frame").getAsString());
    }

    private static Optional<Digest> digest(JsonObject json, String name) {
        return json.has(name)
                ? Optional.of(new Digest(json.get(name).getAsString()))
                : Optional.empty();
    }

    private static Duration micros(JsonObject timing, String name) {
        return Duration.ofNanos(timing.get(name).getAsLong() * 1000);
    }
}
