package io.karu.gateway.wire;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireReceiver;
import org.eclipse.kura.wire.WireRecord;
import org.eclipse.kura.wire.graph.Constants;
import org.eclipse.kura.wire.graph.EmitterPort;
import org.eclipse.kura.wire.graph.MultiportWireSupport;
import org.eclipse.kura.wire.graph.Port;
import org.eclipse.kura.wire.graph.ReceiverPort;
import org.osgi.service.wireadmin.Wire;

/**
 * A component's ports. Emitting runs all that hangs on the wires on the caller's thread, one
 * emission at a time.
 */
final class KuraWireSupport implements MultiportWireSupport {

    private final String pid;
    private final List<Out> emitters = new ArrayList<>();
    private final List<In> receivers = new ArrayList<>();

    KuraWireSupport(WireComponent component, String pid, int emitterPorts, int receiverPorts) {
        this.pid = pid;
        for (int i = 0; i < emitterPorts; i++) {
            emitters.add(new Out());
        }
        for (int i = 0; i < receiverPorts; i++) {
            receivers.add(new In());
        }
        if (component instanceof WireReceiver receiver && !receivers.isEmpty()) {
            receivers.get(0).onWireReceive(receiver::onWireReceive);
        }
    }

    private static class Connected implements Port {

        volatile List<Wire> wires = List.of();

        @Override
        public List<Wire> listConnectedWires() {
            return wires;
        }
    }

    private static final class Out extends Connected implements EmitterPort {

        @Override
        public void emit(WireEnvelope envelope) {
            for (Wire wire : wires) {
                wire.update(envelope);
            }
        }
    }

    private static final class In extends Connected implements ReceiverPort {

        private volatile Consumer<WireEnvelope> consumer = envelope -> {};

        @Override
        public void onWireReceive(Consumer<WireEnvelope> newConsumer) {
            this.consumer = newConsumer;
        }
    }

    @Override
    public WireEnvelope createWireEnvelope(List<WireRecord> records) {
        return new WireEnvelope(pid, records);
    }

    @Override
    public synchronized void emit(List<WireRecord> records) {
        WireEnvelope envelope = createWireEnvelope(records);
        for (Out port : emitters) {
            port.emit(envelope);
        }
    }

    @Override
    public List<EmitterPort> getEmitterPorts() {
        return List.copyOf(emitters);
    }

    @Override
    public List<ReceiverPort> getReceiverPorts() {
        return List.copyOf(receivers);
    }

    @Override
    public Object polled(Wire wire) {
        return wire.getLastValue();
    }

    @Override
    public void consumersConnected(Wire[] wires) {
        connect(emitters, wires, Constants.WIRE_EMITTER_PORT_PROP_NAME.value());
    }

    @Override
    public void producersConnected(Wire[] wires) {
        connect(receivers, wires, Constants.WIRE_RECEIVER_PORT_PROP_NAME.value());
    }

    private static void connect(
            List<? extends Connected> ports, Wire[] wires, String portProperty) {
        Map<Integer, List<Wire>> byPort = new HashMap<>();
        for (Wire wire : wires == null ? new Wire[0] : wires) {
            byPort.computeIfAbsent(port(wire, portProperty), port -> new ArrayList<>()).add(wire);
        }
        for (int i = 0; i < ports.size(); i++) {
            ports.get(i).wires = List.copyOf(byPort.getOrDefault(i, List.of()));
        }
    }

    private static int port(Wire wire, String portProperty) {
        return wire.getProperties().get(portProperty) instanceof Integer port ? port : 0;
    }

    @Override
    public void updated(Wire wire, Object value) {
        int port = port(wire, Constants.WIRE_RECEIVER_PORT_PROP_NAME.value());
        if (value instanceof WireEnvelope envelope && port < receivers.size()) {
            receivers.get(port).consumer.accept(envelope);
        }
    }
}
