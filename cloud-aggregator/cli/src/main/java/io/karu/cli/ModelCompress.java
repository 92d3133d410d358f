package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "compress",
        description =
                "Compress a model on a gateway, on its own frames and processor, and follow it. What passes its guard becomes a version here; it decides nothing until it is installed and activated.")
final class ModelCompress implements Callable<Integer> {
    private static final Set<String> ENDED = Set.of("REFUSED", "FAILED", "CANCELLED");
    private static final long PAUSE_MILLIS = 1000;

    @Mixin private Connection connection;
    @Mixin private Output output;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "NAME (its champion), NAME@ALIAS or NAME@sha256:…, as on the gateway.")
    private String model;

    @Parameters(index = "1", paramLabel = "GATEWAY")
    private String gateway;

    @Option(
            names = "--budget",
            paramLabel = "POINTS",
            description = "Percent of the decisions that may change; default: the gateway's own.")
    private Double points;

    @Option(names = "--cancel", paramLabel = "JOB", description = "End this job instead.")
    private String cancelled;

    @Option(names = "--no-wait", description = "Return when the gateway has taken the job.")
    private boolean noWait;

    @Override
    public Integer call() {
        Api api = connection.open();
        String all = "/api/v1/gateways/" + Api.encode(gateway) + "/compressions";
        if (cancelled != null) {
            return shown(api.post(all + "/" + Api.encode(cancelled) + "/cancel", Map.of()));
        }
        Map<String, Object> wanted = new HashMap<>(Map.of("model", model));
        if (points != null) {
            wanted.put("budget", points / 100);
        }
        JsonNode now = api.post(all, wanted);
        String told = "";
        while (!noWait && !over(now)) {
            told = tell(now, told);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
            now = api.get(all + "/" + Api.encode(text(now, "job")));
        }
        return shown(now);
    }

    private String tell(JsonNode now, String told) {
        String note = text(now, "note");
        String line =
                text(now, "job")
                        + " "
                        + text(now, "state")
                        + ": "
                        + text(now, "reason")
                        + (note.isEmpty() ? "" : " (" + note + ")");
        if (!output.asJson() && !line.equals(told)) {
            output.line(line);
        }
        return line;
    }

    private static boolean over(JsonNode now) {
        return ENDED.contains(text(now, "state")) || now.path("registered").isTextual();
    }

    private int shown(JsonNode compression) {
        output.answer(compression, this::print);
        return ENDED.contains(text(compression, "state")) ? Refused.FAILED : 0;
    }

    private void print(JsonNode compression) {
        JsonNode result = compression.path("result");
        if (result.path("variants").isArray()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(row(result.path("parent"), "parent"));
            for (JsonNode variant : result.path("variants")) {
                boolean chosen = text(variant, "name").equals(text(result, "chosen"));
                rows.add(
                        row(
                                variant,
                                chosen
                                        ? "chosen"
                                        : variant.path("passed").asBoolean()
                                                ? "passed"
                                                : "refused"));
            }
            output.table(List.of("VARIANT", "OUTCOME", "AGREES", "P50", "P99", "BYTES"), rows);
        }
        output.line(text(compression, "state") + ": " + text(compression, "reason"));
        if (compression.path("registered").isTextual()) {
            output.line(
                    "registered as "
                            + text(compression, "model")
                            + " "
                            + text(compression, "registered"));
        }
    }

    private static List<String> row(JsonNode variant, String outcome) {
        return List.of(
                text(variant, "name"),
                outcome,
                String.format(Locale.ROOT, "%.1f %%", 100 * variant.path("agreement").asDouble()),
                String.format(Locale.ROOT, "%.2f ms", variant.path("p50Millis").asDouble()),
                String.format(Locale.ROOT, "%.2f ms", variant.path("p99Millis").asDouble()),
                variant.path("bytes").asText());
    }
}
