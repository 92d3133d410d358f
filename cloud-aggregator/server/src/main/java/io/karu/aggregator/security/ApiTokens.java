package io.karu.aggregator.security;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** API tokens: hashed, expiring, revocable. Thread-safe. */
public final class ApiTokens {
    /** The longest a token may last. */
    public static final Duration LONGEST = Duration.ofDays(366);

    static final String LOCAL = "local";
    private static final int LONGEST_NAME = 128;
    private static final Duration USE_IS_NOTED = Duration.ofMinutes(1);
    private static final String COLUMNS =
            "t.id, t.name, t.person, t.role, p.role as person_role, t.created_at, t.expires_at, t.last_used_at";

    private final Jdbi jdbi;
    private final Clock clock;

    public ApiTokens(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    /** A token just made. */
    public record Issued(ApiToken token, String secret) {
        @Override
        public String toString() {
            return "Issued[" + token + "]";
        }
    }

    /**
     * Makes a token for a program of this caller.
     *
     * @param role at most the caller's
     * @return the token with its secret, the only time that is readable
     * @throws AggregatorException {@code INVALID_ARGUMENT}, {@code NOT_ALLOWED} for a role beyond
     *     the caller's or a caller without a local account
     */
    public Issued issue(Caller caller, String name, Role role, Duration life) {
        if (name.length() > LONGEST_NAME || name.equals(LOCAL)) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "token name \""
                            + name
                            + "\": use at most "
                            + LONGEST_NAME
                            + " characters and not \""
                            + LOCAL
                            + "\", which is the command line's");
        }
        if (life.isNegative() || life.isZero() || life.compareTo(LONGEST) > 0) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "a token lasts 1 to " + LONGEST.toDays() + " days, not " + life.toDays());
        }
        if (!caller.role().includes(role)) {
            throw new AggregatorException(
                    Code.NOT_ALLOWED,
                    "a token cannot be " + role + " when its maker is " + caller.role());
        }
        return insert(caller.name(), name, role, Optional.of(clock.instant().plus(life)));
    }

    /** The command line's own token on the aggregator's machine, in place of an earlier one. */
    String issueLocal(String person) {
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "delete from api_token where name = ? and person = ?",
                                LOCAL,
                                person));
        return insert(person, LOCAL, Role.ADMIN, Optional.empty()).secret();
    }

    private Issued insert(String person, String name, Role role, Optional<Instant> expires) {
        String secret = Secrets.token();
        String hash = Secrets.hash(secret);
        ApiToken token =
                new ApiToken(
                        hash.substring(0, 16),
                        name,
                        person,
                        role,
                        clock.instant(),
                        expires,
                        Optional.empty());
        jdbi.useTransaction(
                handle -> {
                    if (handle.select("select name from person where name = ?", person)
                            .mapTo(String.class)
                            .findOne()
                            .isEmpty()) {
                        throw new AggregatorException(
                                Code.NOT_ALLOWED,
                                person
                                        + " has no account here, only at the identity provider: take a token there, or from an admin");
                    }
                    handle.execute(
                            "insert into api_token (token_hash, id, name, person, role, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
                            hash,
                            token.id(),
                            name,
                            person,
                            role.name(),
                            token.createdAt(),
                            expires.orElse(null));
                });
        return new Issued(token, secret);
    }

    /** The newest first; of everybody, or of one person. */
    public List<ApiToken> list(Optional<String> person) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select "
                                                + COLUMNS
                                                + " from api_token t join person p on p.name = t.person where cast(? as varchar) is null or t.person = ? order by t.created_at desc",
                                        person.orElse(null),
                                        person.orElse(null))
                                .map((row, context) -> token(row))
                                .list());
    }

    /**
     * Ends a token at once.
     *
     * @param owner whose it must be; absent: anybody's
     * @throws AggregatorException {@code TOKEN_NOT_FOUND}
     */
    public void revoke(String id, Optional<String> owner) {
        int gone =
                jdbi.withHandle(
                        handle ->
                                handle.execute(
                                        "delete from api_token where id = ? and (cast(? as varchar) is null or person = ?)",
                                        id,
                                        owner.orElse(null),
                                        owner.orElse(null)));
        if (gone == 0) {
            throw new AggregatorException(Code.TOKEN_NOT_FOUND, "there is no token " + id);
        }
    }

    /** Who asks with this secret; absent when it is unknown, revoked or expired. */
    public Optional<Caller> authenticate(String secret) {
        String hash = Secrets.hash(secret);
        Instant now = clock.instant();
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select "
                                                + COLUMNS
                                                + " from api_token t join person p on p.name = t.person where t.token_hash = ?",
                                        hash)
                                .map((row, context) -> token(row))
                                .findOne()
                                .filter(
                                        token ->
                                                token.expiresAt()
                                                        .map(end -> end.isAfter(now))
                                                        .orElse(true))
                                .map(
                                        token -> {
                                            if (token.lastUsedAt()
                                                    .map(
                                                            used ->
                                                                    used.plus(USE_IS_NOTED)
                                                                            .isBefore(now))
                                                    .orElse(true)) {
                                                handle.execute(
                                                        "update api_token set last_used_at = ? where token_hash = ?",
                                                        now,
                                                        hash);
                                            }
                                            return new Caller(
                                                    token.person(),
                                                    token.role(),
                                                    "token " + token.name());
                                        }));
    }

    private static ApiToken token(ResultSet row) throws SQLException {
        return new ApiToken(
                row.getString("id"),
                row.getString("name"),
                row.getString("person"),
                Role.valueOf(row.getString("role"))
                        .atMost(Role.valueOf(row.getString("person_role"))),
                Rows.instant(row, "created_at"),
                Rows.findInstant(row, "expires_at"),
                Rows.findInstant(row, "last_used_at"));
    }
}
