package io.karu.aggregator.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.kura.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The fleet as people and programs see it. */
public final class Fleet implements FleetService {
    private static final Pattern LABEL = Pattern.compile("[^\\p{Cntrl}]{1,128}");
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private final GatewayStore store;
    private final GatewayReader reader;
    private final UplinkTokens uplinkTokens;
    private final EventBus events;
    private final FleetSettings settings;
    private volatile Runnable loginsChanged = () -> {};
    private volatile Function<GatewayId, Runnable> leaving = gateway -> () -> {};

    public Fleet(
            GatewayStore store,
            GatewayReader reader,
            UplinkTokens uplinkTokens,
            EventBus events,
            FleetSettings settings) {
        this.store = store;
        this.reader = reader;
        this.uplinkTokens = uplinkTokens;
        this.events = events;
        this.settings = settings;
    }

    /** The listener is called after each change, before the caller learns of it. */
    public void whenLoginsChange(Runnable listener) {
        loginsChanged = listener;
    }

    /** The listener is called before a gateway is removed; what it answers is run afterwards. */
    public void whenRemoving(Function<GatewayId, Runnable> listener) {
        leaving = listener;
    }

    @Override
    public List<Gateway> list() {
        return store.list();
    }

    @Override
    public Optional<Gateway> find(GatewayId id) {
        return store.find(id);
    }

    @Override
    public Gateway get(GatewayId id) {
        return store.find(id).orElseThrow(() -> GatewayReader.unknown(id));
    }

    @Override
    public GatewayCredentials register(GatewayId id, String site, Set<String> tags) {
        requireLabels(site, tags);
        if (id.clientId().equals(settings.requesterId())) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "client id \"" + id.clientId() + "\" is the aggregator's own; use another");
        }
        boolean known = store.named(id.clientId()).isPresent();
        boolean hasLogin = store.login(userName(id)).isPresent();
        if (hasLogin || known && store.find(id).isEmpty()) {
            throw new AggregatorException(
                    Code.GATEWAY_EXISTS,
                    "client id \""
                            + id.clientId()
                            + "\" is registered; renew its credentials or remove it first");
        }
        store.addIfAbsent(id, Presence.REGISTERED, "registered; waiting for its first BIRTH");
        store.describe(id, site, tags);
        return credentials(id);
    }

    @Override
    public GatewayCredentials renewCredentials(GatewayId id) {
        get(id);
        return credentials(id);
    }

    private GatewayCredentials credentials(GatewayId id) {
        String password = PasswordHash.generatePassword();
        store.setLogin(id, userName(id), PasswordHash.of(password));
        loginsChanged.run();
        changed(id);
        return new GatewayCredentials(id, userName(id), password, settings.advertisedBroker());
    }

    /** A colon separates fields in Mosquitto's password file. */
    private static String userName(GatewayId id) {
        return id.clientId().replace(':', '-');
    }

    @Override
    public Gateway describe(GatewayId id, String site, Set<String> tags) {
        requireLabels(site, tags);
        get(id);
        store.describe(id, site, tags);
        return changed(id);
    }

    @Override
    public void remove(GatewayId id) {
        Runnable afterwards = leaving.apply(id);
        if (!store.remove(id)) {
            throw GatewayReader.unknown(id);
        }
        loginsChanged.run();
        afterwards.run();
        events.publish(new Event.GatewayRemoved(id));
    }

    @Override
    public Gateway dismissConflict(GatewayId id) {
        get(id);
        store.conflict(id, null);
        return changed(id);
    }

    @Override
    public Gateway refresh(GatewayId id) {
        return reader.read(id);
    }

    @Override
    public JsonNode ask(GatewayId id, String resource) {
        get(id);
        return reader.karu(id, Method.GET, resource, null, TIMEOUT);
    }

    @Override
    public int requestImages(GatewayId id, List<String> digests) {
        get(id);
        return reader.karu(id, Method.POST, "images/request", Map.of("digests", digests), TIMEOUT)
                .path("accepted")
                .asInt();
    }

    @Override
    public void clearAlias(GatewayId id, String model, String alias) {
        get(id);
        reader.karu(
                id, Method.EXEC, "models/clear", Map.of("name", model, "alias", alias), TIMEOUT);
    }

    @Override
    public Optional<GatewayId> authenticateUplink(String token) {
        return uplinkTokens.authenticate(token);
    }

    private Gateway changed(GatewayId id) {
        Gateway gateway = get(id);
        events.publish(new Event.GatewayChanged(gateway));
        return gateway;
    }

    private static void requireLabels(String site, Set<String> tags) {
        if (!site.isEmpty()) {
            requireLabel("site", site);
        }
        tags.forEach(tag -> requireLabel("tag", tag));
    }

    private static void requireLabel(String what, String value) {
        if (!LABEL.matcher(value).matches()) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    what + " \"" + value + "\": use 1 to 128 printable characters");
        }
    }
}
