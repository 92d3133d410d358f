package io.karu.samples.kura;

import io.karu.api.inspection.FrameId;
import io.karu.api.model.Digest;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import io.karu.samples.Spool;
import io.karu.samples.Spool.Bounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.system.SystemService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The spool in Kura: its form and its data directory. */
@Component(
        name = SpoolComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {ConfigurableComponent.class, SampleSpool.class, HealthCheck.class})
@Designate(ocd = SpoolOptions.class)
public final class SpoolComponent implements ConfigurableComponent, SampleSpool, HealthCheck {
    static final String PID = "io.karu.samples.Spool";

    private static final Logger LOG = LoggerFactory.getLogger(SpoolComponent.class);

    private Spool spool;
    private String unusable;
    private volatile String misconfigured;

    @Activate
    public SpoolComponent(@Reference SystemService system, Map<String, Object> properties) {
        Path root = Path.of(system.getKuraDataDirectory(), "karu", "samples");
        try {
            spool = new Spool(root, checked(properties).orElseGet(() -> bounds(Map.of())));
        } catch (IOException e) {
            unusable = "the spool " + root + " cannot be used: " + e.getMessage();
            LOG.error(unusable, e);
        }
    }

    @Modified
    void updated(Map<String, Object> properties) {
        if (spool != null) {
            checked(properties).ifPresent(spool::configure);
        }
    }

    @Deactivate
    void deactivate() {
        if (spool != null) {
            spool.close();
        }
    }

    private Optional<Bounds> checked(Map<String, Object> properties) {
        try {
            Bounds bounds = bounds(properties);
            misconfigured = null;
            return Optional.of(bounds);
        } catch (IllegalArgumentException e) {
            misconfigured = e.getMessage() + "; the last good configuration stays in use";
            LOG.error(misconfigured);
            return Optional.empty();
        }
    }

    /** IllegalArgumentException names the property, its value and what is allowed. */
    static Bounds bounds(Map<String, Object> properties) {
        long megabytes = integer(properties, "bound.megabytes", 1024, 16, 1_000_000);
        return new Bounds(
                megabytes << 20,
                Duration.ofHours(integer(properties, "bound.hours", 720, 1, 87_600)));
    }

    private static int integer(
            Map<String, Object> properties, String key, int normal, int min, int max) {
        Object value = properties.getOrDefault(key, normal);
        if (!(value instanceof Integer number) || number < min || number > max) {
            throw new IllegalArgumentException(
                    key
                            + ": a whole number from "
                            + min
                            + " to "
                            + max
                            + " is needed, was "
                            + value);
        }
        return number;
    }

    private Spool spool() throws IOException {
        if (spool == null) {
            throw new IOException(unusable);
        }
        return spool;
    }

    @Override
    public Digest put(ByteBuffer content) throws IOException {
        return spool().put(content);
    }

    @Override
    public void keep(Sample sample) throws IOException {
        spool().keep(sample);
    }

    @Override
    public Optional<byte[]> get(Digest digest) throws IOException {
        return spool().get(digest);
    }

    @Override
    public Optional<Sample> find(FrameId frame) {
        return spool == null ? Optional.empty() : spool.find(frame);
    }

    @Override
    public List<Sample> newest(int limit) {
        return spool == null ? List.of() : spool.newest(limit);
    }

    @Override
    public long bytes() {
        return spool == null ? 0 : spool.bytes();
    }

    @Override
    public List<Result> check() {
        if (spool == null) {
            return List.of(new Result("samples", false, unusable));
        }
        List<Result> results = new ArrayList<>(spool.check());
        String problem = misconfigured;
        if (problem != null) {
            results.add(new Result("samples.configuration", false, problem));
        }
        return results;
    }
}
