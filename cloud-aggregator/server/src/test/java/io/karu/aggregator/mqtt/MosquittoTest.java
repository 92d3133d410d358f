package io.karu.aggregator.mqtt;

import io.karu.aggregator.MosquittoServer;
import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.fleet.PasswordHash;
import io.karu.ports.LoopbackPort;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Mosquitto of this machine's packages, with the files that Karu writes for it. */
class MosquittoTest extends BrokerContract {
    @TempDir static Path folder;
    private static MosquittoServer mosquitto;
    private static MqttServer server;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(
                MosquittoServer.installed().isPresent(),
                "Mosquitto is not installed: apt-get install mosquitto");
        int port = LoopbackPort.free().number();
        server =
                new MqttServer(
                        URI.create("mqtt://127.0.0.1:" + port),
                        OWN_USER,
                        OWN_PASSWORD,
                        Optional.empty());
        List<GatewayStore.Login> logins =
                GATEWAYS.stream()
                        .map(
                                id ->
                                        new GatewayStore.Login(
                                                id,
                                                id.clientId(),
                                                PasswordHash.of(GATEWAY_PASSWORD)))
                        .toList();
        new MosquittoFiles("$EDC").write(folder, logins, server);
        mosquitto = MosquittoServer.start(folder, port);
    }

    @AfterAll
    static void stop() throws Exception {
        if (mosquitto != null) {
            mosquitto.close();
        }
    }

    @Override
    MqttServer server() {
        return server;
    }
}
