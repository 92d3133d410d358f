package io.karu.uplink;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Verdicts to journal. */
public final class Verdicts {
    public static final Digest IMAGE = digest('a');
    public static final Digest HEAT_MAP = digest('b');
    public static final Digest MODEL = digest('c');
    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

    private Verdicts() {}

    static Digest digest(char digit) {
        return new Digest("sha256:" + String.valueOf(digit).repeat(64));
    }

    public static FrameId frame(String station, int number) {
        return new FrameId(new StationId(station), String.format("%08d_test.jpg", number));
    }

    public static Verdict reject(FrameId frame) {
        return new Verdict(
                frame,
                AT,
                AT.plusMillis(20),
                Decision.REJECT,
                "2 defects above 0.50",
                0.93,
                List.of(new Finding("defect", 10, 20, 31, 18, 0.93)),
                Optional.of(MODEL),
                "golden-template 2",
                IMAGE,
                Optional.of(HEAT_MAP),
                new Verdict.Timing(micros(120), micros(5200), micros(8100), micros(900)));
    }

    public static Verdict accept(FrameId frame) {
        return new Verdict(
                frame,
                AT,
                AT.plusMillis(20),
                Decision.ACCEPT,
                "no defect",
                0.1,
                List.of(),
                Optional.of(MODEL),
                "golden-template 2",
                IMAGE,
                Optional.empty(),
                Verdict.Timing.NONE);
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1000);
    }
}
