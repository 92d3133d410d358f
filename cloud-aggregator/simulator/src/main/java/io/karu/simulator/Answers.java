package io.karu.simulator;

import static io.karu.kura.Requests.BAD_REQUEST;
import static io.karu.kura.Requests.ERROR;
import static io.karu.kura.Requests.NOT_FOUND;
import static io.karu.kura.Requests.OK;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.kura.Payload;
import io.karu.kura.Requests;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Answers requests as Kura and Karu's uplink do. */
final class Answers {
    private static final String KARU = "KARU-V1";
    private static final Set<String> METHODS = Set.of("GET", "PUT", "POST", "DEL", "EXEC");

    private final Identity identity;
    private final Software software;
    private final Downloads downloads;
    private final Behaviour behaviour;
    private final Supplier<ObjectNode> stations;
    private final Supplier<ObjectNode> evidence;
    private final Voice voice;
    private final Topics topics = new Topics();

    Answers(
            Identity identity,
            Software software,
            Downloads downloads,
            Behaviour behaviour,
            Supplier<ObjectNode> stations,
            Supplier<ObjectNode> evidence,
            Voice voice) {
        this.identity = identity;
        this.software = software;
        this.downloads = downloads;
        this.behaviour = behaviour;
        this.stations = stations;
        this.evidence = evidence;
        this.voice = voice;
    }

    /** What is refused, with Kura's code. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;
        private final transient Payload.Builder reply;

        RefusedException(int code, String message) {
            this(code, Payload.builder().metric(Requests.EXCEPTION_MESSAGE, message), message);
        }

        RefusedException(int code, Payload.Builder reply, String message) {
            super(message);
            this.code = code;
            this.reply = reply;
        }
    }

    /** Answers, or stays silent where Kura does. */
    void answer(Topic.Request topic, Payload request) {
        Optional<String> id = Requests.requestId(request);
        Optional<String> requester = Requests.requesterId(request);
        if (id.isEmpty() || requester.isEmpty() || !knows(topic.appId()) || behaviour.silent()) {
            return;
        }
        long asked = System.nanoTime();
        Topic reply = new Topic.Reply(identity.account(), requester.get(), topic.appId(), id.get());
        Payload answer;
        Runnable after = () -> {};
        try {
            if (!METHODS.contains(topic.method())) {
                throw new RefusedException(BAD_REQUEST, Payload.builder(), topic.method());
            }
            if (topic.appId().equals(Downloads.APPLICATION)) {
                Downloads.Accepted accepted =
                        downloads.request(
                                topic.method() + "/" + topic.path(), request, requester.get());
                answer = Requests.reply(accepted.reply().build(), OK);
                after = accepted.after();
            } else {
                answer = Requests.reply(other(topic, request), OK);
            }
        } catch (RefusedException e) {
            answer = Requests.reply(e.reply.build(), e.code);
        } catch (IOException e) {
            answer =
                    Requests.reply(
                            Payload.builder()
                                    .metric(Requests.EXCEPTION_MESSAGE, e.getMessage())
                                    .build(),
                            ERROR);
        }
        voice.say(
                topics.format(reply),
                topic.appId().equals(KARU) ? traced(answer, request, asked) : answer);
        after.run();
    }

    /** Kura's own applications know nothing of traces. */
    private static Payload traced(Payload answer, Payload request, long asked) {
        return request.string("traceparent")
                .map(
                        trace ->
                                answer.toBuilder()
                                        .metric("traceparent", trace)
                                        .metric(
                                                "karu.handled.micros",
                                                (System.nanoTime() - asked) / 1000)
                                        .build())
                .orElse(answer);
    }

    private static boolean knows(String application) {
        return SimulatedGateway.APPLICATIONS.contains(application);
    }

    private Payload other(Topic.Request topic, Payload request)
            throws RefusedException, IOException {
        String what = topic.method() + "/" + topic.path();
        JsonNode body = body(request);
        return switch (topic.appId()) {
            case "INVENTORY-V1" -> json(inventory(what, body));
            case "CONF-V2" -> configuration(what, body);
            default -> json(karu(what, body));
        };
    }

    private JsonNode inventory(String what, JsonNode body) throws RefusedException {
        return switch (what) {
            case "GET/deploymentPackages" -> software.deploymentPackages();
            case "GET/bundles" -> software.bundles();
            case "GET/inventory" -> software.inventory();
            case "EXEC/bundles/_start" -> state(body, "ACTIVE");
            case "EXEC/bundles/_stop" -> state(body, "RESOLVED");
            default -> throw new RefusedException(NOT_FOUND, what + " is not known");
        };
    }

    private JsonNode state(JsonNode body, String state) throws RefusedException {
        if (body.isMissingNode()) {
            throw new RefusedException(BAD_REQUEST, "the request has no body");
        }
        if (!software.setState(body.path("name").asText(), state)) {
            throw new RefusedException(NOT_FOUND, "no bundle " + body.path("name"));
        }
        return Software.JSON.missingNode();
    }

    private Payload configuration(String what, JsonNode body) throws RefusedException {
        switch (what) {
            case "POST/configurableComponents/configurations/byPid" -> {
                if (!body.has("pids")) {
                    throw refusedInBody(BAD_REQUEST, "pids is missing");
                }
                return json(software.configurations(body.path("pids")));
            }
            case "GET/configurableComponents/configurations" -> {
                return json(software.configurations(software.pids()));
            }
            case "GET/configurableComponents" -> {
                return json(Software.JSON.createObjectNode().set("pids", software.pids()));
            }
            case "PUT/configurableComponents/configurations/_update", "POST/factoryComponents" -> {
                if (!body.has("configs")) {
                    throw refusedInBody(BAD_REQUEST, "configs is missing");
                }
                software.configure(body);
                return Payload.builder().build();
            }
            default -> throw refusedInBody(NOT_FOUND, what + " is not known");
        }
    }

    /** JAX-RS handlers tell their errors in the body. */
    private static RefusedException refusedInBody(int code, String message) {
        return new RefusedException(
                code,
                Payload.builder()
                        .body(bytes(Software.JSON.createObjectNode().put("message", message))),
                message);
    }

    private JsonNode karu(String what, JsonNode body) throws RefusedException {
        return switch (what) {
            case "GET/health" -> health();
            case "GET/models" ->
                    contract()
                            .put(
                                    "installation",
                                    Integer.toHexString(identity.clientId().hashCode()))
                            .set("models", software.models());
            case "GET/stations" -> stations.get();
            case "GET/evidence" -> evidence.get();
            case "GET/capabilities" ->
                    contract()
                            .put("karu", "0.1.0")
                            .put("kura", SimulatedGateway.KURA)
                            .put("java", "17.0.15")
                            .put("arch", "x86_64")
                            .put("processors", 2);
            case "GET/ledger" -> contract().set("departures", Software.JSON.createArrayNode());
            case "POST/images/request" -> contract().put("accepted", 0);
            case "EXEC/models/activate" -> activate(body);
            case "EXEC/models/rollback" -> rollBack(body);
            case "EXEC/models/clear" -> clear(body);
            default -> throw refusedByKaru(NOT_FOUND, "NOT_FOUND", what + " is not known");
        };
    }

    private JsonNode activate(JsonNode body) throws RefusedException {
        String digest = body.path("digest").asText();
        if (!software.hasModel(digest)) {
            throw refusedByKaru(NOT_FOUND, "NOT_FOUND", "no version " + digest + " is stored here");
        }
        Optional<String> refusal = behaviour.refusal(digest);
        if (refusal.isPresent()) {
            throw refusedByKaru(ERROR, "GOLDEN_MISMATCH", refusal.get());
        }
        int generation =
                software.activate(body.path("name").asText(), body.path("alias").asText(), digest);
        return meaning(body, digest, generation);
    }

    private JsonNode rollBack(JsonNode body) throws RefusedException {
        String digest =
                software.rollBack(body.path("name").asText(), body.path("alias").asText())
                        .orElseThrow(
                                () ->
                                        refusedByKaru(
                                                ERROR,
                                                "NO_LAST_GOOD",
                                                "no version decided before"));
        return meaning(body, digest, 0);
    }

    private JsonNode clear(JsonNode body) throws RefusedException {
        String digest =
                software.clear(body.path("name").asText(), body.path("alias").asText())
                        .orElseThrow(
                                () ->
                                        refusedByKaru(
                                                NOT_FOUND, "NOT_FOUND", "the alias means nothing"));
        return meaning(body, digest, 0);
    }

    private static JsonNode meaning(JsonNode body, String digest, int generation) {
        return contract()
                .put("name", body.path("name").asText())
                .put("alias", body.path("alias").asText())
                .put("digest", digest)
                .put("generation", generation);
    }

    private static RefusedException refusedByKaru(int code, String karu, String message) {
        return new RefusedException(
                code,
                Payload.builder()
                        .metric(Requests.EXCEPTION_MESSAGE, message)
                        .body(bytes(contract().put("code", karu).put("message", message))),
                message);
    }

    private JsonNode health() {
        ObjectNode health = contract().put("ok", behaviour.failing().isEmpty());
        var checks = health.putArray("checks");
        checks.addObject().put("name", "uplink").put("ok", true).put("reason", "connected");
        behaviour
                .failing()
                .forEach(
                        (name, reason) ->
                                checks.addObject()
                                        .put("name", name)
                                        .put("ok", false)
                                        .put("reason", reason));
        return health;
    }

    static ObjectNode contract() {
        return Software.JSON.createObjectNode().put("contract", 1);
    }

    private static JsonNode body(Payload request) throws IOException {
        return request.body().isPresent() && request.body().get().length > 0
                ? Software.JSON.readTree(request.body().get())
                : Software.JSON.missingNode();
    }

    private static Payload json(JsonNode body) {
        return body.isMissingNode()
                ? Payload.builder().build()
                : Payload.builder().body(bytes(body)).build();
    }

    private static byte[] bytes(JsonNode body) {
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }
}
