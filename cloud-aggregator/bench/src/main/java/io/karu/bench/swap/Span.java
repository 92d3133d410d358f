package io.karu.bench.swap;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A span of time in which a model or a bundle was being replaced. */
record Span(String gateway, Instant from, Instant to) {
    /** As long, and right before: what the machine does without the change. */
    Span before() {
        return new Span(gateway, from.minus(Duration.between(from, to)), from);
    }

    /** Per change, the longest time without a verdict in ms. */
    static List<Long> gaps(List<Span> changes, String gateway, List<JsonNode> rows) {
        List<Instant> decided =
                rows.stream()
                        .map(row -> Instant.parse(row.path("decidedAt").asText()))
                        .sorted()
                        .toList();
        List<Long> gaps = new ArrayList<>();
        for (Span span : changes) {
            if (!span.gateway().equals(gateway)) {
                continue;
            }
            long longest = 0;
            for (int i = 1; i < decided.size(); i++) {
                if (decided.get(i).isAfter(span.from()) && decided.get(i - 1).isBefore(span.to())) {
                    longest =
                            Math.max(
                                    longest,
                                    Duration.between(decided.get(i - 1), decided.get(i))
                                            .toMillis());
                }
            }
            gaps.add(longest);
        }
        return gaps;
    }

    static long median(List<Long> sorted) {
        return sorted.get((sorted.size() - 1) / 2);
    }
}
