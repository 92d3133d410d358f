package io.karu.aggregator.mqtt;

import com.hivemq.extension.sdk.api.async.Async;
import com.hivemq.extension.sdk.api.async.TimeoutFallback;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission;
import com.hivemq.extension.sdk.api.client.parameter.ClientTlsInformation;
import com.hivemq.extension.sdk.api.client.parameter.ConnectionInformation;
import com.hivemq.extension.sdk.api.events.client.ClientLifecycleEventListener;
import com.hivemq.extension.sdk.api.events.client.parameters.AuthenticationSuccessfulInput;
import com.hivemq.extension.sdk.api.events.client.parameters.ConnectionStartInput;
import com.hivemq.extension.sdk.api.events.client.parameters.DisconnectEventInput;
import com.hivemq.extension.sdk.api.events.client.parameters.ServerInitiatedDisconnectInput;
import com.hivemq.extension.sdk.api.packets.auth.DefaultAuthorizationBehaviour;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.connect.ConnectPacket;
import com.hivemq.extension.sdk.api.packets.general.DisconnectedReasonCode;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets clients into the embedded broker: the aggregator by a password of this run, gateways by
 * their credentials.
 */
final class BrokerGate implements SimpleAuthenticator, AutoCloseable {
    static final String OWN_USER = "karu-aggregator";

    private static final Logger LOG = LoggerFactory.getLogger(BrokerGate.class);
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(20);
    private static final int CHECKING_THREADS = 2;

    private final String prefix;
    private final GatewayDirectory directory;
    private final String ownPassword = randomPassword();
    private final Map<String, GatewayId> admitted = new ConcurrentHashMap<>();
    private final Map<String, String> addresses = new ConcurrentHashMap<>();
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService checks =
            Executors.newFixedThreadPool(
                    CHECKING_THREADS,
                    work -> new Thread(work, "broker-gate-" + threads.incrementAndGet()));

    BrokerGate(String prefix, GatewayDirectory directory) {
        this.prefix = prefix;
        this.directory = directory;
    }

    String ownPassword() {
        return ownPassword;
    }

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        String clientId = connect.getClientId();
        String address = address(input.getConnectionInformation());
        Optional<X509Certificate> certificate =
                input.getConnectionInformation()
                        .getClientTlsInformation()
                        .flatMap(ClientTlsInformation::getClientCertificate);
        Optional<String> userName = connect.getUserName();
        Optional<String> password = connect.getPassword().map(BrokerGate::text);
        if (certificate.isPresent()) {
            Optional<Login> login =
                    userName.flatMap(name -> password.map(secret -> new Login(name, secret)));
            later(
                    output,
                    clientId,
                    () -> admitCertificate(certificate.get(), login, clientId, address, output));
            return;
        }
        if (userName.isEmpty() || password.isEmpty()) {
            output.failAuthentication(
                    ConnackReasonCode.NOT_AUTHORIZED, "user name and password are required");
            return;
        }
        if (userName.get().equals(OWN_USER)) {
            admitOwn(password.get(), output);
            return;
        }
        later(
                output,
                clientId,
                () -> admitGateway(userName.get(), password.get(), clientId, address, output));
    }

    private void later(SimpleAuthOutput output, String clientId, Runnable check) {
        Async<SimpleAuthOutput> pending = output.async(CHECK_TIMEOUT, TimeoutFallback.FAILURE);
        checks.execute(
                () -> {
                    try {
                        check.run();
                    } catch (RuntimeException e) {
                        LOG.error("Credentials of client {} could not be checked", clientId, e);
                        output.failAuthentication(
                                ConnackReasonCode.SERVER_UNAVAILABLE,
                                "credentials cannot be checked now");
                    } finally {
                        pending.resume();
                    }
                });
    }

    private void admitOwn(String password, SimpleAuthOutput output) {
        if (!MessageDigest.isEqual(bytes(password), bytes(ownPassword))) {
            output.failAuthentication(
                    ConnackReasonCode.NOT_AUTHORIZED, "wrong user name or password");
            return;
        }
        admit(TopicRight.ofAggregator(prefix), output);
    }

    private record Login(String userName, String password) {
        @Override
        public String toString() {
            return "Login[" + userName + "]";
        }
    }

    /** A certificate that lets nobody in is as none: a readmitted gateway still has its old one. */
    private void admitCertificate(
            X509Certificate certificate,
            Optional<Login> login,
            String clientId,
            String address,
            SimpleAuthOutput output) {
        GatewayId gateway;
        try {
            gateway = directory.admit(certificate);
        } catch (AggregatorException e) {
            LOG.warn(
                    "The certificate of client {} from {} does not count: {}",
                    clientId,
                    address,
                    e.getMessage());
            if (login.isPresent()) {
                Login shown = login.get();
                admitGateway(shown.userName(), shown.password(), clientId, address, output);
            } else {
                output.failAuthentication(ConnackReasonCode.NOT_AUTHORIZED, e.getMessage());
            }
            return;
        }
        if (isOwnClientId(gateway, clientId, address, output)) {
            admitted.put(clientId, gateway);
            directory.connected(gateway, true);
            admit(TopicRight.ofGateway(prefix, gateway), output);
        }
    }

    private void admitGateway(
            String userName,
            String password,
            String clientId,
            String address,
            SimpleAuthOutput output) {
        Optional<GatewayId> gateway = directory.authenticate(userName, password);
        if (gateway.isEmpty()) {
            LOG.info("Client {} from {}: wrong user name or password", clientId, address);
            output.failAuthentication(
                    ConnackReasonCode.NOT_AUTHORIZED, "wrong user name or password");
        } else if (directory.requiresCertificate(gateway.get())) {
            LOG.warn("Client {} from {} shows no certificate", clientId, address);
            output.failAuthentication(
                    ConnackReasonCode.NOT_AUTHORIZED,
                    gateway.get() + " needs its certificate; its password alone is not enough");
        } else if (isOwnClientId(gateway.get(), clientId, address, output)) {
            admitted.put(clientId, gateway.get());
            directory.connected(gateway.get(), false);
            admit(TopicRight.ofGateway(prefix, gateway.get()), output);
        }
    }

    private boolean isOwnClientId(
            GatewayId gateway, String clientId, String address, SimpleAuthOutput output) {
        if (gateway.clientId().equals(clientId)) {
            return true;
        }
        LOG.warn("Client {} from {} uses the credentials of {}", clientId, address, gateway);
        directory.foreignClientId(gateway, clientId, address);
        output.failAuthentication(
                ConnackReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
                "these credentials belong to client id " + gateway.clientId());
        return false;
    }

    private static void admit(List<TopicRight> rights, SimpleAuthOutput output) {
        output.getDefaultPermissions().clear();
        for (TopicRight right : rights) {
            output.getDefaultPermissions()
                    .add(
                            Builders.topicPermission()
                                    .topicFilter(right.filter())
                                    .type(TopicPermission.PermissionType.ALLOW)
                                    .activity(
                                            switch (right.access()) {
                                                case READ -> TopicPermission.MqttActivity.SUBSCRIBE;
                                                case WRITE -> TopicPermission.MqttActivity.PUBLISH;
                                                case READ_WRITE -> TopicPermission.MqttActivity.ALL;
                                            })
                                    .build());
        }
        output.getDefaultPermissions().setDefaultBehaviour(DefaultAuthorizationBehaviour.DENY);
        output.authenticateSuccessfully();
    }

    ClientLifecycleEventListener connections() {
        return new Connections();
    }

    @Override
    public void close() {
        checks.shutdownNow();
    }

    private static String randomPassword() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.UTF_8.decode(buffer.duplicate()).toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String address(ConnectionInformation connection) {
        return connection
                .getInetAddress()
                .map(InetAddress::getHostAddress)
                .orElse("an unknown address");
    }

    private final class Connections implements ClientLifecycleEventListener {
        @Override
        public void onMqttConnectionStart(ConnectionStartInput input) {
            // only authenticated connections count
        }

        @Override
        public void onAuthenticationSuccessful(AuthenticationSuccessfulInput input) {
            addresses.put(
                    input.getClientInformation().getClientId(),
                    address(input.getConnectionInformation()));
        }

        @Override
        public void onServerInitiatedDisconnect(ServerInitiatedDisconnectInput input) {
            String clientId = input.getClientInformation().getClientId();
            GatewayId gateway = admitted.get(clientId);
            boolean takenOver =
                    input.getReasonCode()
                            .filter(DisconnectedReasonCode.SESSION_TAKEN_OVER::equals)
                            .isPresent();
            if (gateway != null && takenOver) {
                String earlier = address(input.getConnectionInformation());
                directory.takenOver(
                        gateway,
                        "a client at "
                                + addresses.getOrDefault(clientId, "an unknown address")
                                + " took over the connection of the one at "
                                + earlier);
            }
        }

        @Override
        public void onDisconnect(DisconnectEventInput input) {
            // told by the life cycle messages
        }
    }
}
