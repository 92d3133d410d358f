package io.karu.station.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.kura.type.TypedValue;
import org.eclipse.kura.type.TypedValues;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireHelperService;
import org.eclipse.kura.wire.WireRecord;
import org.eclipse.kura.wire.WireSupport;
import org.junit.jupiter.api.Test;
import org.osgi.service.component.ComponentContext;

class WireComponentsTest {
    private static final StationId LINE = new StationId("line-1");
    private static final Digest DIGEST = new Digest("sha256:" + "0".repeat(64));

    private final BlockingQueue<List<WireRecord>> emitted = new LinkedBlockingQueue<>();

    @Test
    void aVerdictOfTheNamedStationIsEmittedAsTypedValues() throws Exception {
        VerdictWire wire = new VerdictWire(context(), helper(), Map.of("station", "line-1"));
        try {
            wire.onVerdict(verdict("other", Decision.ACCEPT), null);
            wire.onVerdict(verdict("line-1", Decision.REJECT), null);
            wire.onVerdict(verdict("line-1", Decision.ACCEPT), null);
            Map<String, TypedValue<?>> first =
                    emitted.poll(60, TimeUnit.SECONDS).get(0).getProperties();
            assertEquals(TypedValues.newStringValue("REJECT"), first.get("verdict"));
            assertEquals(TypedValues.newBooleanValue(true), first.get("reject"));
            assertEquals(TypedValues.newDoubleValue(0.9), first.get("score"));
            assertEquals(TypedValues.newStringValue("defect"), first.get("label"));
            assertEquals(TypedValues.newIntegerValue(1), first.get("findings"));
            assertEquals(TypedValues.newStringValue("f-1"), first.get("frame"));
            assertEquals(TypedValues.newStringValue("line-1"), first.get("station"));
            assertEquals(TypedValues.newStringValue("golden-template 2"), first.get("model"));
            Map<String, TypedValue<?>> second =
                    emitted.poll(60, TimeUnit.SECONDS).get(0).getProperties();
            assertEquals(TypedValues.newLongValue(1), second.get("rejected"));
            assertEquals(TypedValues.newLongValue(1), second.get("accepted"));
        } finally {
            wire.deactivate();
        }
    }

    @Test
    void aTriggeredImageReachesItsStationAgainUntilItIsTaken() throws Exception {
        BlockingQueue<Frame> taken = new LinkedBlockingQueue<>();
        AtomicInteger refusals = new AtomicInteger(1);
        TriggerWire wire = new TriggerWire(context(), helper(), Map.of("station", "line-1"));
        try {
            wire.addStation(
                    station(
                            frame -> {
                                if (refusals.getAndDecrement() > 0) {
                                    throw new StationBusyException("full", Duration.ofMillis(1));
                                }
                                taken.add(frame);
                                return verdict("line-1", Decision.ACCEPT);
                            }));
            wire.onWireReceive(
                    new WireEnvelope(
                            "camera",
                            List.of(
                                    new WireRecord(
                                            Map.of("temperature", TypedValues.newDoubleValue(20))),
                                    new WireRecord(
                                            Map.of(
                                                    "image",
                                                            TypedValues.newByteArrayValue(
                                                                    new byte[] {1, 2}),
                                                    "template",
                                                            TypedValues.newByteArrayValue(
                                                                    new byte[] {3}),
                                                    "frame", TypedValues.newStringValue("f-7"))))));
            Frame frame = taken.poll(60, TimeUnit.SECONDS);
            assertEquals(new FrameId(LINE, "f-7"), frame.id());
            assertEquals(ByteBuffer.wrap(new byte[] {1, 2}), frame.encoded());
            assertEquals(Optional.of(ByteBuffer.wrap(new byte[] {3})), frame.template());
            assertTrue(taken.isEmpty());
        } finally {
            wire.deactivate();
        }
    }

    @Test
    void theStationsResourceListsEveryStation() {
        StationsResource resource = new StationsResource();
        resource.addStation(station(frame -> null));
        JsonObject reply = JsonParser.parseString(resource.handle("{}")).getAsJsonObject();
        assertEquals(1, reply.get("contract").getAsInt());
        JsonObject station = reply.getAsJsonArray("stations").get(0).getAsJsonObject();
        assertEquals("line-1", station.get("station").getAsString());
        assertEquals("WAITING", station.get("state").getAsString());
        assertEquals("no configuration yet", station.get("reason").getAsString());
        assertEquals(7, station.get("frames").getAsLong());
    }

    private interface Inspection {
        Verdict inspect(Frame frame) throws StationBusyException;
    }

    private static Station station(Inspection inspection) {
        return new Station() {
            @Override
            public StationStatus status() {
                return new StationStatus(
                        LINE,
                        StationStatus.State.WAITING,
                        Optional.of("no configuration yet"),
                        "",
                        7,
                        7,
                        0,
                        0,
                        0,
                        0,
                        0);
            }

            @Override
            public Verdict inspect(Frame frame) throws StationBusyException {
                return inspection.inspect(frame);
            }
        };
    }

    private static Verdict verdict(String station, Decision decision) {
        return new Verdict(
                new FrameId(new StationId(station), "f-1"),
                Instant.EPOCH,
                Instant.EPOCH,
                decision,
                "1 defect",
                0.9,
                List.of(new Finding("defect", 1, 2, 3, 4, 0.9)),
                Optional.of(DIGEST),
                "golden-template 2",
                DIGEST,
                Optional.empty(),
                Verdict.Timing.NONE);
    }

    private WireHelperService helper() {
        WireSupport support =
                (WireSupport)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {WireSupport.class},
                                (proxy, method, arguments) -> {
                                    if (method.getName().equals("emit")) {
                                        @SuppressWarnings("unchecked")
                                        List<WireRecord> records = (List<WireRecord>) arguments[0];
                                        emitted.add(records);
                                    }
                                    return null;
                                });
        return (WireHelperService)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {WireHelperService.class},
                        (proxy, method, arguments) ->
                                method.getName().equals("newWireSupport") ? support : null);
    }

    private ComponentContext context() {
        return (ComponentContext)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {ComponentContext.class},
                        (p, m, a) -> null);
    }
}
