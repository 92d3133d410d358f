package io.karu.aggregator.mqtt;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** What the embedded broker counts of itself, among the aggregator's metrics. */
record BrokerMetrics(MetricRegistry broker) implements MeterBinder {
    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "karu.broker.connections", "networking.connections.current");
        gauge(registry, "karu.broker.sessions", "sessions.overall.current");
        counter(registry, "karu.broker.received", "messages.incoming.publish.count");
        counter(registry, "karu.broker.sent", "messages.outgoing.publish.count");
        counter(registry, "karu.broker.dropped", "messages.dropped.count");
    }

    private void gauge(MeterRegistry registry, String name, String source) {
        io.micrometer.core.instrument.Gauge.builder(name, () -> value(source)).register(registry);
    }

    private void counter(MeterRegistry registry, String name, String source) {
        FunctionCounter.builder(name, this, self -> self.value(source)).register(registry);
    }

    private double value(String source) {
        Metric metric = broker.getMetrics().get("com.hivemq." + source);
        if (metric instanceof Counting counting) {
            return counting.getCount();
        }
        return metric instanceof Gauge<?> gauge && gauge.getValue() instanceof Number number
                ? number.doubleValue()
                : Double.NaN;
    }
}
