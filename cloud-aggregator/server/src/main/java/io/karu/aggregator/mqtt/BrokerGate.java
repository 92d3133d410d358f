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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets clients into the embedded broker: the aggregator by a password of this run, gateways by
 * their credentials. Gateways that cannot be looked at in time are told that the server is busy, as
 * MQTT 3.1.1 has it: unavailable; they come back.
 */
final class BrokerGate implements SimpleAuthenticator, AutoCloseable {
    static final String OWN_USER = "karu-aggregator";

    private static final Logger LOG = LoggerFactory.getLogger(BrokerGate.class);
    private static final int CHECKING_THREADS = 2;
    private static final int MAXIMUM_WAITING = 10_000;

    /** Kura gives up a connection attempt after 10 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    /** For a directory that does not answer. */
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(30);

    private final String prefix;
    private final GatewayDirectory directory;
    private final String ownPassword = randomPassword();
    private final Map<String, GatewayId> admitted = new ConcurrentHashMap<>();
    private final Map<String, String> addresses = new ConcurrentHashMap<>();
    private final AdmissionQueue queue;
    private final Duration checkTimeout;

    BrokerGate(String prefix, GatewayDirectory directory) {
        this(
                prefix,
                directory,
                new AdmissionQueue(CHECKING_THREADS, MAXIMUM_WAITING, PATIENCE),
                CHECK_TIMEOUT);
    }

    /**
     * @param checkTimeout a client whose check takes longer than this, with its wait in the queue,
     *     is refused whatever comes out
     */
    BrokerGate(
            String prefix,
            GatewayDirectory directory,
            AdmissionQueue queue,
            Duration checkTimeout) {
        this.prefix = prefix;
        this.directory = directory;
        this.queue = queue;
        this.checkTimeout = checkTimeout;
    }

    String ownPassword() {
        return ownPassword;
    }

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        Optional<X509Certificate> certificate =
                input.getConnectionInformation()
                        .getClientTlsInformation()
                        .flatMap(ClientTlsInformation::getClientCertificate);
        Optional<Login> login =
                connect.getUserName()
                        .flatMap(
                                name ->
                                        connect.getPassword()
                                                .map(secret -> new Login(name, text(secret))));
        if (certificate.isEmpty() && login.isEmpty()) {
            refuse(Admission.notAuthorized("user name and password are required"), output);
        } else if (certificate.isEmpty() && login.get().userName().equals(OWN_USER)) {
            admitOwn(login.get().password(), output);
        } else {
            Client client =
                    new Client(connect.getClientId(), address(input.getConnectionInformation()));
            later(client, () -> look(certificate, login, client), output);
        }
    }

    private record Login(String userName, String password) {
        @Override
        public String toString() {
            return "Login[" + userName + "]";
        }
    }

    private record Client(String id, String address) {
        @Override
        public String toString() {
            return "client " + id + " from " + address;
        }
    }

    private void later(Client client, Supplier<Admission> check, SimpleAuthOutput output) {
        Admission.Refused busy = Admission.busy();
        Async<SimpleAuthOutput> pending =
                output.async(checkTimeout, TimeoutFallback.FAILURE, busy.code(), busy.reason());
        queue.check(
                () -> checked(client, check),
                decision -> {
                    if (pending.getStatus() != Async.Status.RUNNING) {
                        LOG.warn("The check of {} came too late: it was refused", client);
                        return;
                    }
                    try {
                        decide(client, decision, output);
                    } finally {
                        pending.resume();
                    }
                });
    }

    private static Admission checked(Client client, Supplier<Admission> check) {
        try {
            return check.get();
        } catch (RuntimeException e) {
            LOG.error("The credentials of {} cannot be checked", client, e);
            return new Admission.Refused(
                    ConnackReasonCode.SERVER_UNAVAILABLE, "credentials cannot be checked now");
        }
    }

    private void decide(Client client, Admission decision, SimpleAuthOutput output) {
        if (decision instanceof Admission.Admitted let) {
            admitted.put(client.id(), let.gateway());
            admit(TopicRight.ofGateway(prefix, let.gateway()), output);
        } else if (decision instanceof Admission.Refused refused) {
            LOG.info("Refused {}: {}", client, refused.reason());
            refuse(refused, output);
        }
    }

    private static void refuse(Admission.Refused refused, SimpleAuthOutput output) {
        output.failAuthentication(refused.code(), refused.reason());
    }

    private void admitOwn(String password, SimpleAuthOutput output) {
        if (MessageDigest.isEqual(bytes(password), bytes(ownPassword))) {
            admit(TopicRight.ofAggregator(prefix), output);
        } else {
            refuse(Admission.notAuthorized("wrong user name or password"), output);
        }
    }

    /** A certificate that lets nobody in is as none: a readmitted gateway still has its old one. */
    private Admission look(
            Optional<X509Certificate> certificate, Optional<Login> login, Client client) {
        if (certificate.isEmpty()) {
            return byPassword(login.orElseThrow(), client);
        }
        GatewayId gateway;
        try {
            gateway = directory.admit(certificate.get());
        } catch (AggregatorException e) {
            LOG.warn("The certificate of {} does not count: {}", client, e.getMessage());
            return login.map(shown -> byPassword(shown, client))
                    .orElseGet(() -> Admission.notAuthorized(e.getMessage()));
        }
        return admission(gateway, certificate, client);
    }

    private Admission byPassword(Login login, Client client) {
        Optional<GatewayId> gateway = directory.authenticate(login.userName(), login.password());
        if (gateway.isEmpty()) {
            return Admission.notAuthorized("wrong user name or password");
        }
        if (directory.requiresCertificate(gateway.get())) {
            return Admission.notAuthorized(
                    gateway.get() + " needs its certificate; its password alone is not enough");
        }
        return admission(gateway.get(), Optional.empty(), client);
    }

    private Admission admission(
            GatewayId gateway, Optional<X509Certificate> certificate, Client client) {
        if (gateway.clientId().equals(client.id())) {
            directory.connected(gateway, certificate);
            return new Admission.Admitted(gateway);
        }
        LOG.warn("{} uses the credentials of {}", client, gateway);
        directory.foreignClientId(gateway, client.id(), client.address());
        return new Admission.Refused(
                ConnackReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
                "these credentials belong to client id " + gateway.clientId());
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
        queue.close();
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
