package io.karu.aggregator.mqtt;

import io.karu.aggregator.ArtemisServer;
import io.karu.aggregator.ArtemisServer.User;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Apache Artemis as a process of its own. */
class ArtemisTest extends BrokerContract {
    @TempDir static Path folder;
    private static ArtemisServer artemis;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(
                ArtemisServer.installed().isPresent(),
                "Artemis was left out of this build: build without -Dkaru.inspection.only");
        List<User> users = new ArrayList<>();
        users.add(new User(OWN_USER, OWN_PASSWORD, TopicRight.ofAggregator("$EDC")));
        GATEWAYS.forEach(
                id ->
                        users.add(
                                new User(
                                        id.clientId(),
                                        GATEWAY_PASSWORD,
                                        TopicRight.ofGateway("$EDC", id))));
        artemis = ArtemisServer.start(folder, users);
    }

    @AfterAll
    static void stop() throws Exception {
        if (artemis != null) {
            artemis.close();
        }
    }

    @Override
    MqttServer server() {
        return new MqttServer(artemis.address(), OWN_USER, OWN_PASSWORD, Optional.empty());
    }
}
