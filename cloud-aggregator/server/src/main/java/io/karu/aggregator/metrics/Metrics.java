package io.karu.aggregator.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.DoubleStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The meters of one aggregator. Names are Micrometer's, dotted, without unit; Prometheus sees
 * {@code karu_requests_seconds}. Tags are bounded: never a gateway or a frame. Thread-safe.
 */
public final class Metrics implements AutoCloseable {
    /** What {@link #scrape()} is: Prometheus' text format, version 0.0.4. */
    public static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);
    private static final double[] BUCKETS =
            DoubleStream.of(
                            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                            30, 60, 300, 1800)
                    .map(seconds -> seconds * Duration.ofSeconds(1).toNanos())
                    .toArray();

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final List<Runnable> readings = new CopyOnWriteArrayList<>();

    public Metrics() {
        registry.config().meterFilter(new Buckets());
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** Where each part registers what it counts. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Runs before each scrape: for what is read from the database rather than counted. */
    public void beforeScrape(Runnable reading) {
        readings.add(reading);
    }

    /**
     * Everything as {@link #MEDIA_TYPE}. A reading that fails leaves its meters as they were, so
     * that a database that does not answer hides nothing else.
     */
    public String scrape() {
        for (Runnable reading : readings) {
            try {
                reading.run();
            } catch (RuntimeException e) {
                LOG.debug("Some metrics could not be read", e);
                registry.counter("karu.metrics.failed.readings").increment();
            }
        }
        return registry.scrape(MEDIA_TYPE);
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    /** Timers of ours are histograms, so that quantiles of several aggregators can be added up. */
    private static final class Buckets implements MeterFilter {
        @Override
        public DistributionStatisticConfig configure(
                Meter.Id id, DistributionStatisticConfig config) {
            boolean ours = id.getName().startsWith("karu.") || id.getName().startsWith("http.");
            if (id.getType() != Meter.Type.TIMER || !ours) {
                return config;
            }
            return DistributionStatisticConfig.builder()
                    .serviceLevelObjectives(BUCKETS)
                    .build()
                    .merge(config);
        }
    }
}
