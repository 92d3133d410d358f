package io.karu.aggregator.rollout;

import io.karu.aggregator.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;

/** A rollout's place in the trace of the call that created it; its jobs are in the same. */
final class RolloutTrace {
    private final Tracing tracing;
    private final RolloutStore store;

    RolloutTrace(Tracing tracing, RolloutStore store) {
        this.tracing = tracing;
        this.store = store;
    }

    /** Makes the rollout's context that of the current thread. */
    Scope resume(long rollout) {
        return Tracing.context(store.trace(rollout).orElse(null)).makeCurrent();
    }

    /** The whole rollout as one span with its history as events, when it has just ended. */
    void ended(Rollout before, Rollout after) {
        if (before.state() == after.state() || !after.state().ended()) {
            return;
        }
        try (Scope scope = resume(after.id())) {
            if (!Tracing.active()) {
                return;
            }
            Span span =
                    tracing.span("rollout", SpanKind.INTERNAL)
                            .setStartTimestamp(after.createdAt())
                            .setAttribute("karu.rollout", after.id())
                            .setAttribute("karu.rollout.name", after.name())
                            .setAttribute("karu.rollout.state", after.state().name())
                            .setAttribute("karu.rollout.gateways", after.gateways())
                            .startSpan();
            store.history(after.id()).forEach(entry -> span.addEvent(entry.message(), entry.at()));
            if (after.state() == RolloutState.REVERTED) {
                span.setStatus(StatusCode.ERROR, after.reason());
            }
            span.end(after.endedAt().orElse(after.updatedAt()));
        }
    }
}
