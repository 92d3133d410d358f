package io.karu.aggregator.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.security.ModelSigning.OldKey;
import io.karu.aggregator.security.ModelSigning.TrustState;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.util.List;

/** Which keys sign models, and their change. */
final class TrustRoutes {
    private final ModelSigning signing;
    private final ObjectMapper mapper;

    TrustRoutes(Services services, ObjectMapper mapper) {
        this.signing = services.registry().signing();
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/trust", ctx -> ctx.json(View.of(signing.state())), Access.PERSON);
        routes.post("/api/v1/trust/rotation", this::rotate, Access.ADMIN);
    }

    private void rotate(Context ctx) throws IOException {
        Rotation wanted = Bodies.json(ctx, mapper, Rotation.class);
        OldKey old =
                Boolean.TRUE.equals(wanted.revoke()) ? OldKey.IS_REVOKED : OldKey.STAYS_TRUSTED;
        ctx.json(View.of(signing.rotate(old)));
    }

    record Rotation(Boolean revoke) {}

    /** {@code Trust} of the contract. */
    record View(String key, String algorithm, long changes, List<Anchor> anchors) {
        static View of(TrustState state) {
            return new View(
                    state.key(),
                    state.algorithm(),
                    state.sequence(),
                    state.anchors().stream().map(Anchor::of).toList());
        }
    }

    record Anchor(String id, String pem) {
        static Anchor of(TrustAnchor anchor) {
            return new Anchor(anchor.id(), anchor.pem());
        }
    }
}
