package io.karu.aggregator.mqtt;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Authority;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** HiveMQ Community Edition in this process. */
class EmbeddedBrokerTest extends BrokerContract {
    @TempDir static Path folder;
    private static EmbeddedBroker broker;

    @BeforeAll
    static void start() throws Exception {
        broker =
                EmbeddedBroker.start(
                        folder.resolve("broker"),
                        new BrokerSettings(0, Optional.empty()),
                        new Authority(folder.resolve("authority")),
                        "$EDC",
                        new Registered());
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Override
    boolean servesSeveralAggregators() {
        return false;
    }

    @Override
    MqttServer server() {
        return broker.server();
    }

    private static final class Registered implements GatewayDirectory {
        @Override
        public Optional<GatewayId> authenticate(String userName, String password) {
            return GATEWAYS.stream()
                    .filter(id -> id.clientId().equals(userName))
                    .filter(id -> password.equals(GATEWAY_PASSWORD))
                    .findFirst();
        }

        @Override
        public void takenOver(GatewayId gateway, String reason) {
            // not looked at
        }

        @Override
        public void foreignClientId(GatewayId gateway, String clientId, String remoteAddress) {
            // not looked at
        }
    }
}
