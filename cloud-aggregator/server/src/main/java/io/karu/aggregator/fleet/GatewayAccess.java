package io.karu.aggregator.fleet;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.mqtt.GatewayDirectory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets gateways in by their credentials and notes when two claim one client id. */
public final class GatewayAccess implements GatewayDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayAccess.class);

    private final GatewayStore store;
    private final EventBus events;
    private final GatewayIdentities identities;
    private final VerifiedPasswords passwords =
            new VerifiedPasswords(PasswordHash::matches, Clock.systemUTC());

    public GatewayAccess(GatewayStore store, EventBus events, GatewayIdentities identities) {
        this.store = store;
        this.events = events;
        this.identities = identities;
    }

    @Override
    public GatewayId admit(X509Certificate certificate) {
        return identities.admit(certificate);
    }

    @Override
    public boolean requiresCertificate(GatewayId gateway) {
        return identities.requiresCertificate(gateway);
    }

    @Override
    public void connected(GatewayId gateway, Optional<X509Certificate> certificate) {
        identities.connected(gateway, certificate);
    }

    @Override
    public Optional<GatewayId> authenticate(String userName, String password) {
        return store.login(userName)
                .filter(login -> passwords.matches(password, login.passwordHash()))
                .map(GatewayStore.Login::gateway);
    }

    @Override
    public void takenOver(GatewayId gateway, String reason) {
        conflict(gateway, reason);
    }

    @Override
    public void foreignClientId(GatewayId gateway, String clientId, String remoteAddress) {
        store.named(clientId)
                .ifPresent(
                        claimed ->
                                conflict(
                                        claimed,
                                        "a client at "
                                                + remoteAddress
                                                + " with the credentials of "
                                                + gateway
                                                + " claims this client id; it was refused"));
    }

    void conflict(GatewayId gateway, String reason) {
        store.find(gateway)
                .ifPresent(
                        known -> {
                            int count = known.conflict().map(Conflict::count).orElse(0) + 1;
                            store.conflict(gateway, new Conflict(Instant.now(), count, reason));
                            LOG.warn("Client id of {} is used twice: {}", gateway, reason);
                            store.find(gateway)
                                    .map(Event.GatewayChanged::new)
                                    .ifPresent(events::publish);
                        });
    }
}
