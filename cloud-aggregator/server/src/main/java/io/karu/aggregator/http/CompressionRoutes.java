package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.compression.Compression;
import io.karu.aggregator.compression.Compressions;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;

/** Compression of models on the gateways that run them. */
final class CompressionRoutes {
    private static final String ALL = "/api/v1/gateways/{clientId}/compressions";

    private final Compressions compressions;
    private final Gateways gateways;
    private final ObjectMapper mapper;

    CompressionRoutes(Services services, Gateways gateways, ObjectMapper mapper) {
        this.compressions = services.compressions();
        this.gateways = gateways;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get(ALL, this::list, Access.PERSON);
        routes.post(ALL, this::begin, Access.PERSON);
        routes.get(ALL + "/{job}", this::get, Access.PERSON);
        routes.post(ALL + "/{job}/cancel", this::cancel, Access.PERSON);
    }

    private void list(Context ctx) {
        ctx.json(
                Map.of(
                        "compressions",
                        compressions.list(gateways.ofPath(ctx)).stream().map(View::of).toList()));
    }

    private void begin(Context ctx) throws JsonProcessingException {
        Wanted wanted = Bodies.json(ctx, mapper, Wanted.class);
        if (wanted.budget() != null && !(wanted.budget() >= 0 && wanted.budget() <= 1)) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "budget is "
                            + wanted.budget()
                            + ": the part of the decisions that may change, 0 to 1");
        }
        ctx.status(201)
                .json(
                        View.of(
                                compressions.begin(
                                        gateways.ofPath(ctx),
                                        Bodies.require("model", wanted.model()),
                                        wanted.budget() == null
                                                ? OptionalDouble.empty()
                                                : OptionalDouble.of(wanted.budget()),
                                        Guard.person(ctx))));
    }

    private void get(Context ctx) {
        ctx.json(View.of(compressions.get(gateways.ofPath(ctx), ctx.pathParam("job"))));
    }

    private void cancel(Context ctx) {
        ctx.json(View.of(compressions.cancel(gateways.ofPath(ctx), ctx.pathParam("job"))));
    }

    record Wanted(String model, Double budget) {}

    /** {@code Compression} of the contract. */
    record View(
            String gateway,
            String job,
            String model,
            String parent,
            String state,
            String reason,
            String requestedBy,
            Instant requestedAt,
            String registered,
            String note,
            JsonNode result) {
        static View of(Compression compression) {
            JsonNode told = compression.told();
            return new View(
                    compression.gateway().clientId(),
                    compression.job(),
                    compression.model(),
                    compression.parent(),
                    compression.state(),
                    told.path("reason").asText(),
                    compression.requestedBy(),
                    compression.requestedAt(),
                    compression.registered().orElse(null),
                    compression.note(),
                    told.has("result") ? told.path("result") : null);
        }
    }
}
