package io.karu.gateway.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.probe.wires.Sink;
import io.karu.gateway.probe.wires.Source;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.wire.WireHelperService;
import org.eclipse.kura.wire.graph.WireGraphService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

class WiresIT {

    private static final String GRAPH_PID = "org.eclipse.kura.wire.graph.WireGraphService";

    @TempDir static Path home;
    private static StartedGateway gateway;
    private static ConfigurationService configuration;
    private static Bundle components;

    @BeforeAll
    static void startGateway() throws Exception {
        gateway = StartedGateway.at(home);
        configuration = gateway.service(ConfigurationService.class);
        TestBundle bundle = TestBundle.named("wire.components", "1.0.0").classesOf(Source.class);
        components =
                gateway.context().installBundle("wires", new ByteArrayInputStream(bundle.bytes()));
        components.start();
        configuration.createFactoryConfiguration(Source.PID, "source", Map.of(), false);
        configuration.createFactoryConfiguration(Sink.PID, "sink", Map.of(), false);
        String graph =
                "{\"components\":[{\"pid\":\"source\",\"inputPortCount\":0,\"outputPortCount\":1},"
                        + "{\"pid\":\"sink\",\"inputPortCount\":1,\"outputPortCount\":0}],"
                        + "\"wires\":[{\"emitter\":\"source\",\"emitterPort\":0,\"receiver\":\"sink\",\"receiverPort\":0}]}";
        configuration.updateConfiguration(GRAPH_PID, Map.of("WireGraph", graph), true);
    }

    @AfterAll
    static void stopGateway() {
        gateway.close();
    }

    private static List<String> received() throws Exception {
        return gateway.probe("sink");
    }

    /** Emits until the wire delivers: WireAdmin connects on a thread of its own. */
    private static void awaitDelivery() throws Exception {
        int before = received().size();
        Await.until(
                "delivery",
                () -> {
                    gateway.service(Runnable.class, "(kura.service.pid=source)")
                            .ifPresent(Runnable::run);
                    return received().size() > before;
                });
    }

    @Test
    void anEmissionRunsTheReceiverOnTheCallersThread() throws Exception {
        awaitDelivery();

        int before = received().size();
        gateway.service(Runnable.class, "(kura.service.pid=source)").orElseThrow().run();

        assertEquals(before + 1, received().size());
        assertEquals(
                "source on " + Thread.currentThread().getName() + ": 21", received().get(before));
    }

    @Test
    void theGraphTellsItsComponentsAndWires() throws Exception {
        WireHelperService helper = gateway.service(WireHelperService.class);
        assertTrue(helper.isEmitter("source"));
        assertFalse(helper.isReceiver("source"));
        assertNotEquals("source", helper.getServicePid("source"));

        var graph = gateway.service(WireGraphService.class).get();
        assertEquals(2, graph.getWireComponentConfigurations().size());
        assertEquals("sink", graph.getWireConfigurations().get(0).getReceiverPid());
    }

    @Test
    void wiresConnectAgainWhenTheBundleReturnsAndWhenComponentsAreCreatedAnew() throws Exception {
        awaitDelivery();
        components.stop();
        components.start();
        awaitDelivery();

        configuration.rollback(configuration.snapshot());
        Await.until(
                "created anew",
                () -> gateway.service(Runnable.class, "(kura.service.pid=source)").isPresent());
        awaitDelivery();
    }
}
