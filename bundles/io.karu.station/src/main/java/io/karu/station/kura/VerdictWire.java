package io.karu.station.kura;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.type.TypedValue;
import org.eclipse.kura.type.TypedValues;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.WireEmitter;
import org.eclipse.kura.wire.WireHelperService;
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
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.wireadmin.Producer;
import org.osgi.service.wireadmin.Wire;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * <em>Karu verdict</em>: emits a station's verdicts into a Kura wire graph. Whatever hangs on the
 * wire runs on this component's own thread, behind a bounded queue: a slow PLC never slows
 * inspection.
 */
@Component(
        name = VerdictWire.PID,
        property = "kura.ui.service.hide:Boolean=true",
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {
            ConfigurableComponent.class,
            WireComponent.class,
            WireEmitter.class,
            Producer.class,
            VerdictListener.class
        })
@Designate(ocd = VerdictWireOptions.class, factory = true)
public final class VerdictWire implements ConfigurableComponent, WireEmitter, VerdictListener {
    static final String PID = "io.karu.station.VerdictWire";

    private static final Logger LOG = LoggerFactory.getLogger(VerdictWire.class);
    private static final int CAPACITY = 64;
    private static final long CLOSE_MILLIS = 2000;

    private final WireSupport wires;
    private final BlockingQueue<Verdict> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final Map<Decision, Long> counts = new EnumMap<>(Decision.class);
    private final Thread thread;
    private volatile String station;
    private volatile boolean closed;
    private long dropped;

    @Activate
    @SuppressWarnings("unchecked")
    public VerdictWire(
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
                        "karu-verdict-wire-" + properties.get(StationComponent.KURA_SERVICE_PID));
        thread.setDaemon(true);
        thread.start();
    }

    @Modified
    void updated(Map<String, Object> properties) {
        station = StationPid.of(properties);
    }

    @Deactivate
    void deactivate() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onVerdict(Verdict verdict, FrameView frame) {
        String wanted = station;
        if (!wanted.isEmpty() && !wanted.equals(verdict.frame().station().value())) {
            return;
        }
        if (!queue.offer(verdict) && dropped++ % CAPACITY == 0) {
            LOG.warn(
                    "the wire graph is slower than station {}: {} verdicts were not emitted",
                    wanted,
                    dropped);
        }
    }

    @Override
    public Object polled(Wire wire) {
        return wires.polled(wire);
    }

    @Override
    public void consumersConnected(Wire[] connected) {
        wires.consumersConnected(connected);
    }

    private void run() {
        while (!closed) {
            try {
                Verdict verdict = queue.poll(1, TimeUnit.SECONDS);
                if (verdict != null) {
                    counts.merge(verdict.decision(), 1L, Long::sum);
                    wires.emit(List.of(record(verdict, counts)));
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warn("a wire component failed on a verdict", e);
            }
        }
    }

    /** The verdict as typed values. */
    static WireRecord record(Verdict verdict, Map<Decision, Long> counts) {
        Map<String, TypedValue<?>> values = new LinkedHashMap<>();
        values.put("verdict", TypedValues.newStringValue(verdict.decision().name()));
        values.put("reject", TypedValues.newBooleanValue(verdict.decision() == Decision.REJECT));
        values.put("score", TypedValues.newDoubleValue(verdict.score()));
        values.put(
                "label",
                TypedValues.newStringValue(
                        verdict.findings().isEmpty() ? "" : verdict.findings().get(0).label()));
        values.put("findings", TypedValues.newIntegerValue(verdict.findings().size()));
        values.put("frame", TypedValues.newStringValue(verdict.frame().position()));
        values.put("station", TypedValues.newStringValue(verdict.frame().station().value()));
        values.put("model", TypedValues.newStringValue(verdict.modelName()));
        values.put("reason", TypedValues.newStringValue(verdict.reason()));
        values.put("accepted", TypedValues.newLongValue(counts.getOrDefault(Decision.ACCEPT, 0L)));
        values.put("rejected", TypedValues.newLongValue(counts.getOrDefault(Decision.REJECT, 0L)));
        values.put("review", TypedValues.newLongValue(counts.getOrDefault(Decision.REVIEW, 0L)));
        return new WireRecord(values);
    }
}
