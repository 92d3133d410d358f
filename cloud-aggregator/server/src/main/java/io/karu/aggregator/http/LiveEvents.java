package io.karu.aggregator.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.sse.SseClient;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.security.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Server-sent events for whoever watches. Each watcher has its own bounded queue and thread; one
 * that cannot follow is disconnected and reads the lists again when it returns.
 */
final class LiveEvents implements AutoCloseable {
    private static final String AUDIT = "audit";
    private static final int WAITING = 2000;
    private static final int MOST_WATCHERS = 200;
    private static final long HEARTBEAT_SECONDS = 15;

    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
    private final AtomicLong number = new AtomicLong();
    private final ExecutorService threads =
            Executors.newCachedThreadPool(
                    work -> new Thread(work, "live-events-" + number.incrementAndGet()));
    private final EventBus.Subscription subscription;
    private final GatewayRoutes gateways;
    private final VerdictRoutes verdicts;
    private final RolloutRoutes rollouts;
    private final DeploymentService deployments;
    private final ObjectMapper mapper;

    LiveEvents(
            Services services,
            GatewayRoutes gateways,
            VerdictRoutes verdicts,
            RolloutRoutes rollouts,
            ObjectMapper mapper) {
        this.gateways = gateways;
        this.verdicts = verdicts;
        this.rollouts = rollouts;
        this.deployments = services.deployments();
        this.mapper = mapper;
        this.subscription = services.events().subscribe(this::on);
    }

    void install(RoutesConfig routes) {
        routes.sse("/api/v1/events", this::watch, Access.PERSON);
    }

    /** Tells watchers that an image or heat map has arrived. */
    void blobArrived(String hex) {
        publish("blob", Optional.empty(), Map.of("digest", "sha256:" + hex));
    }

    private void watch(SseClient client) {
        if (watchers.size() >= MOST_WATCHERS) {
            client.close();
            return;
        }
        client.keepAlive();
        Watcher watcher =
                new Watcher(
                        client,
                        Query.text(client.ctx(), "topics").map(t -> Set.of(t.split(","))),
                        Query.text(client.ctx(), "gateway"),
                        Guard.caller(client.ctx()).role());
        watchers.add(watcher);
        client.onClose(watcher::end);
        threads.execute(watcher);
    }

    private void on(Event event) {
        if (watchers.isEmpty()) {
            return;
        }
        if (event instanceof Event.GatewayChanged changed) {
            publish(
                    "gateway",
                    Optional.of(changed.gateway().id().clientId()),
                    gateways.view(changed.gateway()));
        } else if (event instanceof Event.GatewayRemoved removed) {
            String clientId = removed.gateway().clientId();
            publish("gateway-removed", Optional.of(clientId), Map.of("clientId", clientId));
        } else if (event instanceof Event.JobChanged changed) {
            DeploymentView view = DeploymentView.of(changed.job());
            publish("deployment", Optional.of(view.gateway()), view);
        } else if (event instanceof Event.JobLogged logged) {
            DeploymentView view = DeploymentView.of(deployments.get(logged.job()));
            publish("deployment", Optional.of(view.gateway()), view);
        } else if (event instanceof Event.VerdictsStored stored) {
            stored.verdicts()
                    .forEach(
                            verdict ->
                                    publish(
                                            "verdict",
                                            Optional.of(verdict.gateway().clientId()),
                                            verdicts.view(verdict)));
        } else if (event instanceof Event.VerdictOverruled overruled) {
            publish(
                    "overrule",
                    Optional.of(overruled.overrule().gateway().clientId()),
                    VerdictView.OverruleView.of(overruled.overrule()));
        } else if (event instanceof Event.RolloutChanged changed) {
            publish("rollout", Optional.empty(), rollouts.view(changed.rollout()));
        } else if (event instanceof Event.ModelRegistered registered) {
            publish("model", Optional.empty(), ModelView.of(registered.version()));
        } else if (event instanceof Event.IdentityChanged changed) {
            IdentityView view = IdentityView.of(changed.identity());
            publish("identity", Optional.of(view.clientId()), view);
        } else if (event instanceof Event.Audited audited) {
            publish(AUDIT, Optional.empty(), audited.entry());
        } else if (event instanceof Event.ModelChanged changed) {
            publish("model-changed", Optional.empty(), Map.of("name", changed.name()));
        }
    }

    private void publish(String name, Optional<String> gateway, Object data) {
        if (watchers.isEmpty()) {
            return;
        }
        Message message = new Message(name, gateway, write(data));
        watchers.forEach(watcher -> watcher.offer(message));
    }

    private String write(Object data) {
        try {
            return mapper.writeValueAsString(data);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        subscription.close();
        List.copyOf(watchers).forEach(Watcher::end);
        threads.shutdownNow();
    }

    private record Message(String name, Optional<String> gateway, String data) {}

    private final class Watcher implements Runnable {
        private final SseClient client;
        private final Optional<Set<String>> topics;
        private final Optional<String> gateway;
        private final Role role;
        private final BlockingQueue<Message> waiting = new ArrayBlockingQueue<>(WAITING);
        private volatile Thread thread;
        private volatile boolean ended;

        Watcher(
                SseClient client,
                Optional<Set<String>> topics,
                Optional<String> gateway,
                Role role) {
            this.client = client;
            this.topics = topics;
            this.gateway = gateway;
            this.role = role;
        }

        void offer(Message message) {
            boolean wanted =
                    topics.map(names -> names.contains(message.name())).orElse(true)
                            && (gateway.isEmpty()
                                    || message.gateway().isEmpty()
                                    || message.gateway().equals(gateway))
                            && (!message.name().equals(AUDIT) || role.includes(Role.ADMIN));
            if (wanted && !waiting.offer(message)) {
                end();
            }
        }

        void end() {
            ended = true;
            watchers.remove(this);
            Thread running = thread;
            if (running != null) {
                running.interrupt();
            }
        }

        @Override
        public void run() {
            thread = Thread.currentThread();
            try {
                client.sendComment("karu");
                while (!ended && !client.terminated()) {
                    Message message = waiting.poll(HEARTBEAT_SECONDS, TimeUnit.SECONDS);
                    if (message == null) {
                        client.sendComment("");
                    } else {
                        client.sendEvent(message.name(), message.data());
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                watchers.remove(this);
                thread = null;
                Thread.interrupted();
                client.close();
            }
        }
    }
}
