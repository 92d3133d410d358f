package io.karu.aggregator.deployment;

import io.karu.aggregator.trace.Tracing;
import io.karu.kura.Topic;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;

/**
 * A job's place in the trace of the call that ordered it. The context is kept with the job, so that
 * the trace goes on after a restart or on another aggregator.
 */
final class JobTrace {
    private final Tracing tracing;
    private final JobStore store;

    JobTrace(Tracing tracing, JobStore store) {
        this.tracing = tracing;
        this.store = store;
    }

    /** Makes the job's context that of the current thread. */
    Scope resume(long job) {
        return Tracing.context(store.trace(job).orElse(null)).makeCurrent();
    }

    /** The whole job as one span with its history as events. */
    void ended(Job job) {
        try (Scope scope = resume(job.id())) {
            if (!Tracing.active()) {
                return;
            }
            Span span =
                    tracing.span("job " + job.order().getClass().getSimpleName(), SpanKind.INTERNAL)
                            .setStartTimestamp(job.createdAt())
                            .setAttribute("karu.job", job.id())
                            .setAttribute("karu.job.subject", job.order().subject())
                            .setAttribute("karu.job.state", job.state().name())
                            .setAttribute("karu.gateway", job.gateway().toString())
                            .startSpan();
            store.history(job.id()).forEach(entry -> span.addEvent(entry.message(), entry.at()));
            job.failure()
                    .ifPresent(
                            why -> {
                                span.setAttribute("karu.job.failure", why.code().name());
                                span.setStatus(StatusCode.ERROR, why.reason());
                            });
            span.end(job.updatedAt());
        }
    }

    /** What a gateway told of a job by itself. */
    void told(Topic.Notification topic, long job, String status) {
        try (Scope scope = resume(job)) {
            if (Tracing.active()) {
                tracing.span(topic.appId() + " NOTIFY " + topic.type(), SpanKind.CONSUMER)
                        .setAttribute("karu.gateway", topic.account() + "/" + topic.clientId())
                        .setAttribute("karu.job", job)
                        .setAttribute("karu.status", status)
                        .startSpan()
                        .end();
            }
        }
    }
}
