package io.karu.aggregator;

import io.karu.aggregator.fleet.Fleet;
import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.mqtt.MosquittoFiles;
import io.karu.aggregator.mqtt.MqttServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Who may connect, as files for an external Mosquitto. */
final class BrokerFiles {
    private final Path folder;
    private final Settings settings;
    private final MqttServer broker;
    private final GatewayStore gateways;
    private final GatewayIdentities identities;

    /**
     * @param broker with the aggregator's own login
     * @throws IOException when that login is missing
     */
    BrokerFiles(
            Path folder,
            Settings settings,
            MqttServer broker,
            GatewayStore gateways,
            GatewayIdentities identities)
            throws IOException {
        if (broker.userName().isBlank() || broker.password().isBlank()) {
            throw new IOException(
                    "mqtt.broker.files needs the aggregator's own login at the broker: set mqtt.broker.user and mqtt.broker.password");
        }
        this.folder = folder;
        this.settings = settings;
        this.broker = broker;
        this.gateways = gateways;
        this.identities = identities;
    }

    /**
     * Writes them now, so that Mosquitto has the logins before the aggregator joins it, and with
     * each new one before a gateway is told its own.
     */
    void keep(Fleet fleet) throws IOException {
        write();
        fleet.whenLoginsChange(this::writeAgain);
        identities.onTrustChange(this::writeAgain);
    }

    private void writeAgain() {
        try {
            write();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the broker does not learn who may connect: its files in "
                            + folder
                            + " cannot be written",
                    e);
        }
    }

    private synchronized void write() throws IOException {
        MosquittoFiles files = new MosquittoFiles(settings.controlPrefix());
        List<X509Certificate> trusted = new ArrayList<>(identities.anchors());
        trusted.addAll(settings.identity().foreign());
        files.writeTrust(folder, Certificates.pem(trusted), identities.revocations().pem());
        files.write(
                folder,
                gateways.logins().stream()
                        .filter(login -> !identities.barred(login.gateway()))
                        .toList(),
                broker);
    }
}
