package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.ConfigurationService;
import io.karu.aggregator.configuration.PropertyValue;
import java.util.Map;
import java.util.Optional;

/** Components of a gateway. */
final class ConfigurationRoutes {
    private final ConfigurationService configurations;
    private final Gateways gateways;
    private final ObjectMapper mapper;

    ConfigurationRoutes(Services services, Gateways gateways, ObjectMapper mapper) {
        this.configurations = services.configurations();
        this.gateways = gateways;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        String all = "/api/v1/gateways/{clientId}/configurations";
        routes.get(all, this::list, Access.PERSON);
        routes.post(all, this::create, Access.PERSON);
        routes.get(all + "/{pid}", this::get, Access.PERSON);
        routes.put(all + "/{pid}", this::update, Access.PERSON);
        routes.delete(all + "/{pid}", this::delete, Access.PERSON);
        routes.get("/api/v1/gateways/{clientId}/factories", this::factories, Access.PERSON);
    }

    private void list(Context ctx) {
        ctx.json(
                Map.of(
                        "configurations",
                        configurations.list(gateways.ofPath(ctx)).stream()
                                .map(ConfigurationView::of)
                                .toList()));
    }

    private void create(Context ctx) throws JsonProcessingException {
        New wanted = Bodies.json(ctx, mapper, New.class);
        ComponentUpdate update =
                new ComponentUpdate(
                        Bodies.require("pid", wanted.pid()),
                        Optional.of(Bodies.require("factoryPid", wanted.factoryPid())),
                        wanted.properties() == null ? Map.of() : wanted.properties());
        ctx.status(201)
                .json(ConfigurationView.of(configurations.write(gateways.ofPath(ctx), update)));
    }

    private void get(Context ctx) {
        ctx.json(
                ConfigurationView.of(
                        configurations.get(gateways.ofPath(ctx), ctx.pathParam("pid"))));
    }

    private void update(Context ctx) throws JsonProcessingException {
        Update wanted = Bodies.json(ctx, mapper, Update.class);
        ComponentUpdate update =
                new ComponentUpdate(
                        ctx.pathParam("pid"),
                        Optional.empty(),
                        Bodies.require("properties", wanted.properties()));
        ctx.json(ConfigurationView.of(configurations.write(gateways.ofPath(ctx), update)));
    }

    private void delete(Context ctx) {
        configurations.delete(gateways.ofPath(ctx), ctx.pathParam("pid"));
        ctx.status(204);
    }

    private void factories(Context ctx) {
        ctx.json(Map.of("factories", configurations.factories(gateways.ofPath(ctx))));
    }

    record New(String factoryPid, String pid, Map<String, PropertyValue> properties) {}

    record Update(Map<String, PropertyValue> properties) {}
}
