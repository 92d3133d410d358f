package io.karu.aggregator.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Begins spans, and carries their context as W3C {@code traceparent} through what outlives a thread
 * or a process: rows of jobs, and requests to gateways. Thread-safe.
 */
public final class Tracing implements AutoCloseable {
    /** Name of the header and of the metric in requests (docs/contracts.md, 2). */
    public static final String TRACEPARENT = "traceparent";

    private static final TextMapGetter<Map<String, String>> GETTER =
            new TextMapGetter<>() {
                @Override
                public Iterable<String> keys(Map<String, String> carrier) {
                    return carrier.keySet();
                }

                @Override
                public String get(Map<String, String> carrier, String key) {
                    return carrier == null ? null : carrier.get(key);
                }
            };

    private final OpenTelemetry telemetry;

    private Tracing(OpenTelemetry telemetry) {
        this.telemetry = telemetry;
    }

    /** No spans at all. */
    public static Tracing off() {
        return new Tracing(OpenTelemetry.noop());
    }

    /** Sends spans in batches to a collector's OTLP address over HTTP. */
    public static Tracing otlp(URI endpoint, String instance) {
        OtlpHttpSpanExporter exporter =
                OtlpHttpSpanExporter.builder().setEndpoint(endpoint.toString()).build();
        return new Tracing(
                sdk(
                        SdkTracerProvider.builder()
                                .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                                .setResource(resource(instance))
                                .build()));
    }

    /** Hands each span over as soon as it ends. */
    public static Tracing to(SpanExporter exporter) {
        return new Tracing(
                sdk(
                        SdkTracerProvider.builder()
                                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                                .setResource(resource("test"))
                                .build()));
    }

    private static OpenTelemetry sdk(SdkTracerProvider provider) {
        return OpenTelemetrySdk.builder().setTracerProvider(provider).build();
    }

    private static Resource resource(String instance) {
        return Resource.getDefault()
                .merge(
                        Resource.create(
                                Attributes.of(
                                        AttributeKey.stringKey("service.name"),
                                        "karu-aggregator",
                                        AttributeKey.stringKey("service.instance.id"),
                                        instance)));
    }

    /** A span to be started, below the current one or as the beginning of a trace. */
    public SpanBuilder span(String name, SpanKind kind) {
        return telemetry.getTracer("io.karu.aggregator").spanBuilder(name).setSpanKind(kind);
    }

    /** Whether the current thread works on something that is traced. */
    public static boolean active() {
        return Span.current().getSpanContext().isValid();
    }

    /** The current context as {@code traceparent}; absent when nothing is traced. */
    public static Optional<String> traceparent() {
        Map<String, String> carrier = new HashMap<>();
        W3CTraceContextPropagator.getInstance()
                .inject(Context.current(), carrier, (map, key, value) -> map.put(key, value));
        return Optional.ofNullable(carrier.get(TRACEPARENT));
    }

    /** The context that a {@code traceparent} names; the root where it names none. */
    public static Context context(String traceparent) {
        return W3CTraceContextPropagator.getInstance()
                .extract(
                        Context.root(),
                        traceparent == null ? Map.of() : Map.of(TRACEPARENT, traceparent),
                        GETTER);
    }

    @Override
    public void close() {
        if (telemetry instanceof OpenTelemetrySdk sdk) {
            sdk.close();
        }
    }
}
