package io.karu.gateway.probe.wires;

import java.util.List;
import java.util.Map;
import org.eclipse.kura.configuration.ConfigurableComponent;
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
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.wireadmin.Producer;
import org.osgi.service.wireadmin.Wire;

/** Emits one record whenever it is run. */
@Component(
        name = Source.PID,
        service = {
            ConfigurableComponent.class,
            WireComponent.class,
            WireEmitter.class,
            Producer.class,
            Runnable.class
        },
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class Source implements ConfigurableComponent, WireEmitter, Runnable {

    public static final String PID = "io.karu.gateway.probe.wires.Source";

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
    public void run() {
        wires.emit(List.of(new WireRecord(Map.of("degrees", TypedValues.newIntegerValue(21)))));
    }

    @Override
    public void consumersConnected(Wire[] connected) {
        wires.consumersConnected(connected);
    }

    @Override
    public Object polled(Wire wire) {
        return wires.polled(wire);
    }
}
