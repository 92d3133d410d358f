package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.security.ApiToken;
import io.karu.aggregator.security.ApiTokens;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.People;
import io.karu.aggregator.security.Role;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Who may log in, and the tokens of their programs. */
final class PeopleRoutes {
    private static final int TOKEN_DAYS = 90;

    private final People people;
    private final Guard guard;
    private final ObjectMapper mapper;

    PeopleRoutes(People people, Guard guard, ObjectMapper mapper) {
        this.people = people;
        this.guard = guard;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        String one = "/api/v1/people/{name}";
        routes.get("/api/v1/people", this::list, Access.ADMIN_QUERY);
        routes.post("/api/v1/people", this::create, Access.ADMIN);
        routes.put(one, this::changeRole, Access.ADMIN);
        routes.delete(one, this::remove, Access.ADMIN);
        routes.post(one + "/password", this::resetPassword, Access.ADMIN);
        routes.get("/api/v1/tokens", this::tokens, Access.VIEWER);
        routes.post("/api/v1/tokens", this::issue, Access.VIEWER);
        routes.delete("/api/v1/tokens/{token}", this::revoke, Access.VIEWER);
    }

    private void list(Context ctx) {
        ctx.json(Map.of("people", people.list()));
    }

    private void create(Context ctx) throws JsonProcessingException {
        NewPerson person = Bodies.json(ctx, mapper, NewPerson.class);
        String name = Bodies.require("name", person.name());
        Role role = Bodies.require("role", person.role());
        ctx.status(201).json(new Credentials(name, role, people.create(name, role)));
    }

    private void changeRole(Context ctx) throws JsonProcessingException {
        NewRole change = Bodies.json(ctx, mapper, NewRole.class);
        ctx.json(people.changeRole(ctx.pathParam("name"), Bodies.require("role", change.role())));
    }

    private void resetPassword(Context ctx) {
        String name = ctx.pathParam("name");
        String password = people.resetPassword(name);
        guard.endAll(name);
        Role role = people.find(name).map(person -> person.role()).orElse(Role.VIEWER);
        ctx.json(new Credentials(name, role, password));
    }

    private void remove(Context ctx) {
        String name = ctx.pathParam("name");
        if (name.equals(People.FIRST)) {
            throw new AggregatorException(
                    Code.LAST_ADMIN,
                    name + " is the local command line's person and stays; change its password");
        }
        people.remove(name);
        guard.endAll(name);
        ctx.status(204);
    }

    private void tokens(Context ctx) {
        ctx.json(Map.of("tokens", people.tokens().list(ownerFor(Guard.caller(ctx)))));
    }

    private void issue(Context ctx) throws JsonProcessingException {
        NewToken wanted = Bodies.json(ctx, mapper, NewToken.class);
        Caller caller = Guard.caller(ctx);
        ApiTokens.Issued issued =
                people.tokens()
                        .issue(
                                caller,
                                Bodies.require("name", wanted.name()),
                                wanted.role() == null ? caller.role() : wanted.role(),
                                Duration.ofDays(
                                        wanted.days() == null ? TOKEN_DAYS : wanted.days()));
        ctx.status(201).json(new IssuedToken(issued.token(), issued.secret()));
    }

    private void revoke(Context ctx) {
        people.tokens().revoke(ctx.pathParam("token"), ownerFor(Guard.caller(ctx)));
        ctx.status(204);
    }

    /** Admins see and end everybody's. */
    private static Optional<String> ownerFor(Caller caller) {
        return caller.role().includes(Role.ADMIN) ? Optional.empty() : Optional.of(caller.name());
    }

    record NewPerson(String name, Role role) {}

    record NewRole(Role role) {}

    record NewToken(String name, Role role, Integer days) {}

    record Credentials(String name, Role role, String password) {
        @Override
        public String toString() {
            return "Credentials[" + name + "]";
        }
    }

    record IssuedToken(ApiToken token, String secret) {
        @Override
        public String toString() {
            return "IssuedToken[" + token + "]";
        }
    }
}
