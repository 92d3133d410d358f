package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static io.karu.aggregator.Workbench.awaitEnd;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.mqtt.MosquittoFiles;
import io.karu.aggregator.mqtt.MqttServer;
import io.karu.ports.LoopbackPort;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An existing broker instead of the embedded one. */
class ExternalBrokerTest {
    @Test
    void mosquittoServesWithTheGeneratedLoginsAndRights(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(
                MosquittoServer.installed().isPresent(),
                "Mosquitto is not installed: apt-get install mosquitto");
        int port = LoopbackPort.free().number();
        URI address = URI.create("mqtt://127.0.0.1:" + port);
        MqttServer own = new MqttServer(address, "aggregator", "own secret", Optional.empty());
        new MosquittoFiles("$EDC").write(folder, List.of(), own);
        Map<String, String> values = new TreeMap<>();
        values.put("mqtt.broker.url", address.toString());
        values.put("mqtt.broker.user", own.userName());
        values.put("mqtt.broker.password", own.password());
        values.put("mqtt.broker.files", folder.toString());
        values.put("requests.after.birth.millis", "100");
        values.put("fleet.read.seconds", "1");
        try (MosquittoServer mosquitto = MosquittoServer.start(folder, port);
                Aggregator aggregator =
                        Aggregator.open(
                                Settings.of(folder.resolve("data"), values), Workbench.TIMES)) {
            aggregator.start("http://127.0.0.1:1");
            GatewayId id = new GatewayId("acme", "gw-1");
            GatewayCredentials credentials = aggregator.fleet().register(id, "", Set.of());
            assertTrue(
                    !Files.readString(folder.resolve("passwords"))
                            .contains(credentials.password()));
            mosquitto.reload();
            try (FakeGateway gateway = new FakeGateway(id).applications("DEPLOY-V2,INVENTORY-V1")) {
                assertThrows(
                        ExecutionException.class, () -> gateway.connect(address, "gw-1", "wrong"));
                gateway.connect(address, credentials.userName(), credentials.password());
                await("it is online", () -> aggregator.fleet().get(id).online());
                Workbench.add(aggregator, "edge", "1.0.0");
                Order order =
                        new Order.InstallPackage(
                                new PackageId("edge", "1.0.0"), Order.Restart.NEVER);
                long job =
                        aggregator.deployments().create(id, order, Optional.empty(), "test").id();
                assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, job).state());
                StorageTest.publish(gateway, StorageTest.verdict("f1", "REJECT", 1));
                await(
                        "the verdict is stored",
                        () -> aggregator.verdicts().ingested().verdicts() == 1);
                gateway.publishRaw("$EDC/acme/other/MQTT/BIRTH", new byte[0]);
                gateway.publishRaw("acme/other/KARU-V1/verdicts", new byte[0]);
                gateway.disconnect();
                await(
                        "it has said goodbye",
                        () -> aggregator.fleet().get(id).presence() == Presence.DISCONNECTED);
                assertTrue(
                        aggregator.fleet().find(new GatewayId("acme", "other")).isEmpty(),
                        "foreign topics are not delivered");
            }
        }
    }

    @Test
    void whatGatewaysSayWhileTheAggregatorIsAwayIsNotLost(@TempDir Path folder) throws Exception {
        try (Workbench bench = new Workbench(folder)) {
            String name = bench.newName();
            GatewayId id = new GatewayId("acme", "gw-1");
            try (FakeGateway gateway = new FakeGateway(id).applications("INVENTORY-V1")) {
                Aggregator first = bench.open(name);
                bench.connect(gateway);
                await(
                        "it is online",
                        () -> first.fleet().find(id).filter(g -> g.online()).isPresent());
                first.close();
                StorageTest.publish(gateway, StorageTest.verdict("away", "REJECT", 1));
                try (Aggregator second = bench.open(name)) {
                    await(
                            "the verdict arrives",
                            () -> second.verdicts().find(id, "line-1", "away").isPresent());
                    await(
                            "the gateway is known to be there",
                            () -> second.fleet().get(id).online());
                }
                gateway.client().disconnect().get(60, TimeUnit.SECONDS);
            }
        }
    }
}
