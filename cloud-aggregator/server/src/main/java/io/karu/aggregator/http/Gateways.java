package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import java.util.Optional;

/** Gateways as addresses name them: by client id, which is unique at one broker. */
final class Gateways {
    private final FleetService fleet;
    private final String account;

    Gateways(FleetService fleet, String account) {
        this.fleet = fleet;
        this.account = account;
    }

    GatewayId ofPath(Context ctx) {
        return byClientId(ctx.pathParam("clientId"));
    }

    Optional<GatewayId> ofQuery(Context ctx) {
        return Query.text(ctx, "gateway").map(this::byClientId);
    }

    GatewayId byClientId(String clientId) {
        GatewayId usual = new GatewayId(account, clientId);
        if (fleet.find(usual).isPresent()) {
            return usual;
        }
        return fleet.list().stream()
                .map(Gateway::id)
                .filter(id -> id.clientId().equals(clientId))
                .findFirst()
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.GATEWAY_NOT_FOUND, "there is no gateway " + clientId));
    }
}
