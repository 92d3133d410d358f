package io.karu.aggregator;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.http.HttpSettings;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.rollout.Artefact;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.GroupPlan;
import io.karu.aggregator.rollout.Instruction;
import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutMember;
import io.karu.aggregator.rollout.RolloutPlan;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.RolloutTimes;
import io.karu.aggregator.rollout.Verb;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.trace.Tracing;
import io.karu.simulator.Identity;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** An aggregator with its HTTP face, and simulated gateways with lines that run. */
final class SimulatedFleet implements AutoCloseable {
    static final String MODEL = "golden-template";
    static final Duration PATIENCE = Workbench.PATIENCE;

    private static final RolloutTimes TIMES =
            new RolloutTimes(
                    Duration.ofMillis(300),
                    Duration.ofMillis(100),
                    RolloutTimes.DEFAULT.approval(),
                    RolloutTimes.DEFAULT.decision());
    private static final Map<String, Double> DEFECTS =
            Map.of("open", 0.10, "short", 0.10, "spur", 0.05);

    final Aggregator aggregator;
    final People people;
    final Simulator simulator = new Simulator();
    final List<SimulatedGateway> gateways = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();
    final HttpServer http;
    private final Workbench bench;
    private int round;

    SimulatedFleet(Workbench bench, Settings settings) throws IOException {
        this(bench, settings, Tracing.off());
    }

    SimulatedFleet(Workbench bench, Settings settings, Tracing tracing) throws IOException {
        this(bench, settings, Workbench.TIMES, tracing);
    }

    SimulatedFleet(Workbench bench, Settings settings, DeploymentTimes times, Tracing tracing)
            throws IOException {
        this.bench = bench;
        this.aggregator = Aggregator.open(settings, times, TIMES, tracing);
        this.people = new People(aggregator.database().jdbi());
        people.createFirst();
        this.http = HttpServer.start(HttpSettings.loopback(0), Main.services(aggregator, people));
        aggregator.start(http.base());
    }

    /** Version 1 or 2 of the model that this build wrote. */
    ModelVersion register(String label) throws IOException {
        return aggregator.registry().versions().register(modelFolder(label), "test");
    }

    static Path modelFolder(String label) {
        return Path.of("../golden-template/target/models/golden-template-" + label)
                .toAbsolutePath();
    }

    /** Client id of a gateway of the present test, from 1. */
    String name(int number) {
        return "gw-" + round + "-" + number;
    }

    /** Gateways with a version installed, connected and known to the aggregator. */
    void connect(int count, ModelVersion version) throws Exception {
        byte[] dp = Files.readAllBytes(aggregator.packages().file(version.packageId()));
        for (int i = 0; i < count; i++) {
            connect(gateway -> gateway.install(dp).activate(MODEL, version.digest()));
        }
    }

    /** One more gateway, connected and known to the aggregator. */
    SimulatedGateway connect(Consumer<SimulatedGateway> prepare) throws Exception {
        SimulatedGateway gateway = simulator.gateway(identity(bench, name(gateways.size() + 1)));
        prepare.accept(gateway);
        gateways.add(gateway);
        Persevering.connect(() -> gateway.connect().get(60, TimeUnit.SECONDS));
        Workbench.await(
                gateway.identity().clientId() + " is online and read",
                PATIENCE,
                () ->
                        aggregator
                                .fleet()
                                .find(id(gateway))
                                .filter(g -> g.online() && g.inventory().isPresent())
                                .isPresent());
        return gateway;
    }

    /** Ends what a test began; the next one has gateways of its own. */
    void next() {
        running.forEach(line -> line.cancel(false));
        running.clear();
        for (Rollout rollout : aggregator.rollouts().list(Optional.empty(), 100)) {
            if (Verb.STOP.fits(rollout.state())) {
                act(rollout.id(), Verb.STOP, Optional.of(Instruction.Changed.KEEP));
            }
        }
        gateways.forEach(SimulatedGateway::die);
        gateways.clear();
        round++;
    }

    static Identity identity(Workbench bench, String clientId) {
        return new Identity(
                "acme", clientId, bench.broker().server().address(), clientId, Workbench.PASSWORD);
    }

    /** Lets every line run: parts with three classes of defects. */
    void produce(Function<String, Line.Sight> sights) {
        equip(sights);
        for (SimulatedGateway gateway : gateways) {
            running.add(gateway.run(gateway.line(), 60, Duration.ofMillis(100), false));
        }
    }

    /** Gives every gateway a line that stands still. */
    void equip(Function<String, Line.Sight> sights) {
        for (int i = 0; i < gateways.size(); i++) {
            equip(i, sights);
        }
    }

    /** Gives one gateway, counted from 0, such a line. */
    void equip(int gateway, Function<String, Line.Sight> sights) {
        gateways.get(gateway).line(new Line("line-1", MODEL, DEFECTS, sights, gateway));
    }

    /** Lets parts pass every gateway; their evidence is with the broker when this returns. */
    void inspect(int parts) throws Exception {
        for (SimulatedGateway gateway : gateways) {
            gateway.produce(parts, false).get(60, TimeUnit.SECONDS);
        }
    }

    void awaitEvidence(int frames) throws Exception {
        Workbench.await(
                "every gateway has told evidence",
                PATIENCE,
                () ->
                        gateways.stream()
                                .allMatch(
                                        g ->
                                                aggregator.evidence().reports(id(g)).stream()
                                                                .mapToLong(r -> r.frames())
                                                                .sum()
                                                        >= frames));
    }

    static GatewayId id(SimulatedGateway gateway) {
        return new GatewayId(gateway.identity().account(), gateway.identity().clientId());
    }

    Rollout get(long id) {
        return aggregator.rollouts().get(id);
    }

    Rollout act(long id, Verb verb) {
        return act(id, verb, Optional.empty());
    }

    Rollout act(long id, Verb verb, Optional<Instruction.Changed> changed) {
        return aggregator
                .rollouts()
                .act(id, new Instruction(verb, "admin", Optional.empty(), changed));
    }

    Rollout awaitState(long id, RolloutState state) throws InterruptedException {
        try {
            Workbench.await("rollout is " + state, PATIENCE, () -> get(id).state() == state);
        } catch (AssertionError e) {
            throw new AssertionError(
                    e.getMessage()
                            + "\n"
                            + get(id)
                            + "\n"
                            + aggregator.rollouts().members(id)
                            + "\n"
                            + aggregator.rollouts().history(id),
                    e);
        }
        return get(id);
    }

    RolloutMember member(long id, String clientId) {
        return aggregator.rollouts().members(id).stream()
                .filter(member -> member.gateway().clientId().equals(clientId))
                .findFirst()
                .orElseThrow();
    }

    /** Creates and starts it. */
    long start(RolloutPlan plan) {
        long id = aggregator.rollouts().create(plan, "admin").id();
        act(id, Verb.START);
        return id;
    }

    void awaitMember(long id, int gateway, MemberState state) throws InterruptedException {
        Workbench.await(
                name(gateway) + " is " + state,
                PATIENCE,
                () -> member(id, name(gateway)).state() == state);
    }

    /** How many gateways a version decides on. */
    long having(ModelVersion version) {
        return gateways.stream()
                .filter(g -> g.champion(MODEL).filter(version.digest()::equals).isPresent())
                .count();
    }

    RolloutPlan plan(Artefact artefact, List<GroupPlan> groups, Gate... gates) {
        return plan(artefact, groups, "{}", gates);
    }

    /** A plan for the gateways of the present test, with more fields of its JSON. */
    RolloutPlan plan(Artefact artefact, List<GroupPlan> groups, String more, Gate... gates) {
        try {
            var json =
                    (com.fasterxml.jackson.databind.node.ObjectNode)
                            Json.MAPPER.readTree("{\"name\":\"rollout\",\"observeSeconds\":0}");
            var targets = json.putObject("targets").putArray("gateways");
            gateways.forEach(gateway -> targets.add(gateway.identity().clientId()));
            json.set("artefact", Json.MAPPER.readTree(Json.write(artefact)));
            JsonNode list =
                    Json.MAPPER.readTree(
                            Json.MAPPER
                                    .writerFor(
                                            new com.fasterxml.jackson.core.type.TypeReference<
                                                    List<GroupPlan>>() {})
                                    .writeValueAsString(groups));
            json.set("groups", list);
            if (gates.length > 0) {
                json.set(
                        "gates",
                        Json.MAPPER.readTree(
                                Json.MAPPER
                                        .writerFor(
                                                new com.fasterxml.jackson.core.type.TypeReference<
                                                        List<Gate>>() {})
                                        .writeValueAsString(List.of(gates))));
            }
            json.setAll(
                    (com.fasterxml.jackson.databind.node.ObjectNode) Json.MAPPER.readTree(more));
            return Json.MAPPER.treeToValue(json, RolloutPlan.class);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static GroupPlan first(int count) {
        return new GroupPlan(
                "first", new GroupPlan.Size(count, null, null), null, null, null, null);
    }

    static GroupPlan rest() {
        return new GroupPlan("rest", null, null, null, null, null);
    }

    @Override
    public void close() {
        simulator.close();
        http.close();
        aggregator.close();
    }
}
