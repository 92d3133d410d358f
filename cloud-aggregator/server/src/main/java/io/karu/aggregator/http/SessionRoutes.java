package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.security.LoginThrottle;
import io.karu.aggregator.security.People;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Log in, log out, change the password. */
final class SessionRoutes {
    private final People people;
    private final LoginThrottle throttle;
    private final Guard guard;
    private final ObjectMapper mapper;

    SessionRoutes(People people, LoginThrottle throttle, Guard guard, ObjectMapper mapper) {
        this.people = people;
        this.throttle = throttle;
        this.guard = guard;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/session", this::current, Access.PERSON);
        routes.post("/api/v1/session", this::login, Access.ANYONE);
        routes.delete("/api/v1/session", this::logout, Access.PERSON);
        routes.put("/api/v1/session/password", this::changePassword, Access.PERSON);
    }

    private void current(Context ctx) {
        ctx.json(new Session(Guard.person(ctx), Guard.csrfToken(ctx)));
    }

    private void login(Context ctx) throws JsonProcessingException {
        Login login = Bodies.json(ctx, mapper, Login.class);
        String name = Bodies.require("name", login.name());
        String password = Bodies.require("password", login.password());
        Optional<Duration> wait = throttle.mustWait(ctx.ip(), name);
        if (wait.isPresent()) {
            long seconds = wait.get().toSeconds() + 1;
            throw new AggregatorException(
                    Code.TOO_MANY_ATTEMPTS,
                    "too many failed attempts; try again in " + seconds + " s",
                    Map.of("retryAfterSeconds", seconds),
                    null);
        }
        if (!people.authenticate(name, password)) {
            throttle.failed(ctx.ip(), name);
            throw new AggregatorException(
                    Code.WRONG_CREDENTIALS, "the name or the password is not right");
        }
        throttle.succeeded(ctx.ip(), name);
        ctx.json(new Session(name, Guard.begin(ctx, name)));
    }

    private void logout(Context ctx) {
        Guard.end(ctx);
        ctx.status(204);
    }

    private void changePassword(Context ctx) throws JsonProcessingException {
        PasswordChange change = Bodies.json(ctx, mapper, PasswordChange.class);
        String person = Guard.person(ctx);
        people.changePassword(
                person,
                Bodies.require("current", change.current()),
                Bodies.require("password", change.password()));
        guard.endAll(person);
        if (Guard.bearer(ctx).isEmpty()) {
            ctx.json(new Session(person, Guard.begin(ctx, person)));
        } else {
            ctx.json(new Session(person, ""));
        }
    }

    record Login(String name, String password) {
        @Override
        public String toString() {
            return "Login[" + name + "]";
        }
    }

    record PasswordChange(String current, String password) {
        @Override
        public String toString() {
            return "PasswordChange[]";
        }
    }

    record Session(String name, String csrfToken) {}
}
