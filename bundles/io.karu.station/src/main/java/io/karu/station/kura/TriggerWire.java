package io.karu.station.kura;

import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.type.ByteArrayValue;
import org.eclipse.kura.type.TypedValue;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireHelperService;
import org.eclipse.kura.wire.WireReceiver;
import org.eclipse.kura.wire.WireRecord;
import org.eclipse.kura.wire.WireSupport;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.wireadmin.Consumer;
import org.osgi.service.wireadmin.Wire;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * <em>Karu trigger</em>: gives images that arrive on a wire to a station. Returns to the wire graph
 * at once; the station is asked on this component's own thread. Images that do not fit into its
 * queue are dropped and reported: a wire cannot wait.
 */
@Component(
        name = TriggerWire.PID,
        property = "kura.ui.service.hide:Boolean=true",
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {
            ConfigurableComponent.class,
            WireComponent.class,
            WireReceiver.class,
            Consumer.class
        })
@Designate(ocd = TriggerWireOptions.class, factory = true)
public final class TriggerWire implements ConfigurableComponent, WireReceiver {
    static final String PID = "io.karu.station.TriggerWire";

    private static final Logger LOG = LoggerFactory.getLogger(TriggerWire.class);
    private static final int CAPACITY = 8;
    private static final int TRIES = 10;
    private static final long CLOSE_MILLIS = 2000;

    private final WireSupport wires;
    private final List<Station> stations = new CopyOnWriteArrayList<>();
    private final BlockingQueue<WireRecord> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final Thread thread;
    private volatile String station;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private long sequence;

    @Activate
    @SuppressWarnings("unchecked")
    public TriggerWire(
            ComponentContext context,
            @Reference WireHelperService helper,
            Map<String, Object> properties) {
        wires =
                helper.newWireSupport(
                        this, (ServiceReference<WireComponent>) context.getServiceReference());
        station = StationPid.of(properties);
        thread =
                new Thread(
                        this::run,
                        "karu-trigger-wire-" + properties.get(StationComponent.KURA_SERVICE_PID));
        thread.setDaemon(true);
        thread.start();
    }

    @Modified
    void updated(Map<String, Object> properties) {
        station = StationPid.of(properties);
    }

    @Deactivate
    void deactivate() {
        stopped.countDown();
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeStation")
    void addStation(Station arrived) {
        stations.add(arrived);
    }

    void removeStation(Station left) {
        stations.remove(left);
    }

    @Override
    public void onWireReceive(WireEnvelope envelope) {
        for (WireRecord received : envelope.getRecords()) {
            if (!(received.getProperties().get("image") instanceof ByteArrayValue)) {
                LOG.warn(
                        "a record without the bytes property \"image\" reached the trigger of station {}",
                        station);
            } else if (!queue.offer(received)) {
                LOG.error(
                        "an image was dropped: {} wait for station {} already", CAPACITY, station);
            }
        }
    }

    @Override
    public void updated(Wire wire, Object value) {
        wires.updated(wire, value);
    }

    @Override
    public void producersConnected(Wire[] connected) {
        wires.producersConnected(connected);
    }

    private void run() {
        while (stopped.getCount() > 0) {
            try {
                WireRecord received = queue.poll(1, TimeUnit.SECONDS);
                if (received != null) {
                    inspect(received.getProperties());
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warn(
                        "an image from the wire was not inspected by station {}: {}",
                        station,
                        e.getMessage());
            }
        }
    }

    private void inspect(Map<String, TypedValue<?>> values) throws InterruptedException {
        Frame frame = frame(values);
        for (int i = 1; stopped.getCount() > 0; i++) {
            try {
                target().inspect(frame);
                return;
            } catch (StationBusyException e) {
                if (i == TRIES) {
                    LOG.error("an image was dropped after {} tries: {}", TRIES, e.getMessage());
                    return;
                }
                stopped.await(Math.max(100, e.retryAfter().toMillis()), TimeUnit.MILLISECONDS);
            }
        }
    }

    private Frame frame(Map<String, TypedValue<?>> values) {
        Instant now = Instant.now();
        TypedValue<?> name = values.get("frame");
        String position =
                name == null
                        ? "wire-" + now.toEpochMilli() + "-" + sequence++
                        : String.valueOf(name.getValue());
        return new Frame(
                new FrameId(new StationId(station), position),
                now,
                ByteBuffer.wrap((byte[]) values.get("image").getValue()),
                values.get("template") instanceof ByteArrayValue template
                        ? Optional.of(ByteBuffer.wrap(template.getValue()))
                        : Optional.empty());
    }

    private Station target() throws StationBusyException {
        for (Station candidate : stations) {
            if (candidate.status().station().value().equals(station)) {
                return candidate;
            }
        }
        throw new StationBusyException("there is no station " + station, Duration.ofSeconds(1));
    }
}
