package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.LoginThrottle;
import io.karu.aggregator.security.People;
import io.karu.aggregator.security.Role;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Log in, log out, change the password. */
final class SessionRoutes {
    private final People people;
    private final Audit audit;
    private final LoginThrottle throttle;
    private final Guard guard;
    private final ObjectMapper mapper;

    SessionRoutes(Services services, LoginThrottle throttle, Guard guard, ObjectMapper mapper) {
        this.people = services.people();
        this.audit = services.audit();
        this.throttle = throttle;
        this.guard = guard;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/session", this::current, Access.PERSON);
        routes.post("/api/v1/session", this::login, Access.ANYONE);
        routes.delete("/api/v1/session", this::logout, Access.VIEWER);
        routes.put("/api/v1/session/password", this::changePassword, Access.VIEWER);
    }

    private void current(Context ctx) {
        Caller caller = Guard.caller(ctx);
        ctx.json(new Session(caller.name(), caller.role(), Guard.csrfToken(ctx)));
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
            audit.record(attempt(ctx, name, Role.VIEWER), Code.WRONG_CREDENTIALS.name());
            throw new AggregatorException(
                    Code.WRONG_CREDENTIALS, "the name or the password is not right");
        }
        throttle.succeeded(ctx.ip(), name);
        Role role =
                people.find(name)
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.WRONG_CREDENTIALS,
                                                name + " was removed just now"))
                        .role();
        audit.record(attempt(ctx, name, role), "200");
        ctx.json(new Session(name, role, Guard.begin(ctx, name)));
    }

    /** Of a failed login the name is only what was typed. */
    private static Audit.Action attempt(Context ctx, String name, Role role) {
        String typed = name.length() <= 128 ? name : name.substring(0, 128);
        return Guard.action(ctx, new Caller(typed, role, "password"));
    }

    private void logout(Context ctx) {
        Guard.end(ctx);
        ctx.status(204);
    }

    private void changePassword(Context ctx) throws JsonProcessingException {
        PasswordChange change = Bodies.json(ctx, mapper, PasswordChange.class);
        Caller caller = Guard.caller(ctx);
        String person = caller.name();
        people.changePassword(
                person,
                Bodies.require("current", change.current()),
                Bodies.require("password", change.password()));
        guard.endAll(person);
        if (Guard.bearer(ctx).isEmpty()) {
            ctx.json(new Session(person, caller.role(), Guard.begin(ctx, person)));
        } else {
            ctx.json(new Session(person, caller.role(), ""));
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

    record Session(String name, Role role, String csrfToken) {}
}
