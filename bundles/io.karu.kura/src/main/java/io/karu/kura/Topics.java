package io.karu.kura;

import io.karu.kura.Topic.Data;
import io.karu.kura.Topic.Lifecycle;
import io.karu.kura.Topic.Notification;
import io.karu.kura.Topic.Reply;
import io.karu.kura.Topic.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads and writes Kura's topics under one control prefix ({@code topic.control-prefix} of Kura's
 * CloudService). Immutable.
 */
public final class Topics {

    /** Kura's default control prefix. */
    public static final String DEFAULT_PREFIX = "$EDC";

    private static final String REPLY = "REPLY";
    private static final String NOTIFY = "NOTIFY";
    private static final String LIFECYCLE = "MQTT";

    private final String prefix;

    public Topics() {
        this(DEFAULT_PREFIX);
    }

    /**
     * @param prefix the first level of control topics
     * @throws IllegalArgumentException when it is not one topic level
     */
    public Topics(String prefix) {
        this.prefix = level("prefix", prefix);
    }

    public String prefix() {
        return prefix;
    }

    /** The parts of a topic; empty when it is none of Kura's. */
    public Optional<Topic> parse(String topic) {
        List<String> levels = Arrays.asList(topic.split("/", -1));
        if (levels.stream().anyMatch(String::isEmpty)) {
            return Optional.empty();
        }
        try {
            return levels.get(0).equals(prefix) ? control(levels) : data(levels);
        } catch (IllegalArgumentException notATopicName) {
            return Optional.empty();
        }
    }

    /** The topic as it goes over the wire. */
    public String format(Topic topic) {
        List<String> levels = new ArrayList<>();
        if (topic instanceof Data data) {
            levels.addAll(List.of(data.account(), data.clientId(), data.appId()));
            levels.addAll(data.resource());
            return String.join("/", levels);
        }
        levels.add(prefix);
        levels.add(topic.account());
        if (topic instanceof Request request) {
            levels.addAll(List.of(request.clientId(), request.appId(), request.method()));
            levels.addAll(request.resource());
        } else if (topic instanceof Reply reply) {
            levels.addAll(List.of(reply.requesterId(), reply.appId(), REPLY, reply.requestId()));
        } else if (topic instanceof Notification notification) {
            levels.addAll(
                    List.of(
                            notification.requesterId(),
                            notification.appId(),
                            NOTIFY,
                            notification.clientId(),
                            notification.type()));
        } else if (topic instanceof Lifecycle lifecycle) {
            levels.addAll(List.of(lifecycle.clientId(), LIFECYCLE, lifecycle.event().name()));
        }
        return String.join("/", levels);
    }

    /** The topic of a request; the resource is levels joined by {@code /}. */
    public String request(
            String account, String clientId, String appId, Method method, String resource) {
        List<String> levels = resource.isEmpty() ? List.of() : List.of(resource.split("/", -1));
        return format(new Request(account, clientId, appId, method.name(), levels));
    }

    /** What a gateway subscribes to: everything below its own control topic. */
    public String requestsTo(String account, String clientId) {
        return String.join(
                "/", prefix, level("account", account), level("clientId", clientId), "#");
    }

    /**
     * What a requester in this account subscribes to: replies and notifications to it, comings and
     * goings of every gateway, and all data.
     */
    public List<String> subscriptionsOf(String account, String requesterId) {
        level("account", account);
        level("requesterId", requesterId);
        return List.of(
                String.join("/", prefix, account, requesterId, "+", REPLY, "+"),
                String.join("/", prefix, account, requesterId, "+", NOTIFY, "#"),
                String.join("/", prefix, account, "+", LIFECYCLE, "+"),
                String.join("/", account, "+", "#"));
    }

    /** The client id that Kura makes of a name: {@code / + # .} become {@code -}. */
    public static String clientId(String name) {
        return name.replaceAll("[/+#.]", "-");
    }

    private Optional<Topic> control(List<String> levels) {
        if (levels.size() < 5) {
            return Optional.empty();
        }
        String account = levels.get(1);
        String client = levels.get(2);
        String app = levels.get(3);
        String verb = levels.get(4);
        if (app.equals(LIFECYCLE)) {
            return levels.size() == 5
                    ? event(verb).map(event -> new Lifecycle(account, client, event))
                    : Optional.empty();
        }
        if (verb.equals(REPLY)) {
            return levels.size() == 6
                    ? Optional.of(new Reply(account, client, app, levels.get(5)))
                    : Optional.empty();
        }
        if (verb.equals(NOTIFY)) {
            return levels.size() == 7
                    ? Optional.of(
                            new Notification(account, client, app, levels.get(5), levels.get(6)))
                    : Optional.empty();
        }
        return Optional.of(
                new Request(account, client, app, verb, levels.subList(5, levels.size())));
    }

    private static Optional<Topic> data(List<String> levels) {
        return levels.size() < 3
                ? Optional.empty()
                : Optional.of(
                        new Data(
                                levels.get(0),
                                levels.get(1),
                                levels.get(2),
                                levels.subList(3, levels.size())));
    }

    private static Optional<Lifecycle.Event> event(String name) {
        return Arrays.stream(Lifecycle.Event.values())
                .filter(event -> event.name().equals(name))
                .findFirst();
    }

    static List<String> levels(String name, List<String> levels) {
        levels.forEach(level -> level(name, level));
        return List.copyOf(levels);
    }

    static String level(String name, String level) {
        Objects.requireNonNull(level, name);
        if (level.isEmpty()
                || level.chars().anyMatch(c -> c == '/' || c == '+' || c == '#' || c == 0)) {
            throw new IllegalArgumentException(
                    name + " must be one topic level without / + #, but is \"" + level + "\"");
        }
        return level;
    }
}
