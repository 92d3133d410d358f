package io.karu.gateway.probe.wires;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.wire.WireComponent;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireHelperService;
import org.eclipse.kura.wire.WireReceiver;
import org.eclipse.kura.wire.WireSupport;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.wireadmin.Consumer;
import org.osgi.service.wireadmin.Wire;

/** Remembers emitter, thread and value of each record that it receives. */
@Component(
        name = Sink.PID,
        service = {
            ConfigurableComponent.class,
            WireComponent.class,
            WireReceiver.class,
            Consumer.class,
            Supplier.class
        },
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class Sink implements ConfigurableComponent, WireReceiver, Supplier<List<String>> {

    public static final String PID = "io.karu.gateway.probe.wires.Sink";

    private final List<String> received = new CopyOnWriteArrayList<>();
    @Reference private WireHelperService helper;
    private WireSupport wires;

    @Activate
    @SuppressWarnings("unchecked")
    void activate(ComponentContext context) {
        wires =
                helper.newWireSupport(
                        this,
                        (ServiceReference<WireComponent>) (Object) context.getServiceReference());
    }

    @Override
    public void onWireReceive(WireEnvelope envelope) {
        Object degrees = envelope.getRecords().get(0).getProperties().get("degrees").getValue();
        received.add(
                envelope.getEmitterPid()
                        + " on "
                        + Thread.currentThread().getName()
                        + ": "
                        + degrees);
    }

    @Override
    public List<String> get() {
        return received;
    }

    @Override
    public void producersConnected(Wire[] connected) {
        wires.producersConnected(connected);
    }

    @Override
    public void updated(Wire wire, Object value) {
        wires.updated(wire, value);
    }
}
