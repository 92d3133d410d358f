package io.karu.aggregator.security;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The people who log in, and the API tokens of their programs. Thread-safe. */
public final class People {
    /** Name of the person that the first start creates. */
    public static final String FIRST = "admin";

    private static final int PASSWORD_BITS = 96;
    private static final int SHORTEST_PASSWORD = 12;
    private static final int LONGEST_PASSWORD = 256;

    /** Takes as long to refuse as a real one. */
    private static final String NOBODY = Passwords.hash(Secrets.generate(PASSWORD_BITS));

    private final Jdbi jdbi;

    public People(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Creates {@value #FIRST} when there is nobody yet.
     *
     * @return the generated password, the only time it is readable; absent when somebody exists
     */
    public Optional<String> createFirst() {
        String password = Secrets.generate(PASSWORD_BITS);
        return jdbi.inTransaction(
                handle -> {
                    if (handle.select("select count(*) from person").mapTo(Long.class).one() > 0) {
                        return Optional.empty();
                    }
                    handle.execute(
                            "insert into person (name, password_hash, created_at) values (?, ?, ?)",
                            FIRST,
                            Passwords.hash(password),
                            Instant.now());
                    return Optional.of(password);
                });
    }

    /**
     * Makes sure that the file holds a valid API token of {@value #FIRST}, readable by its owner
     * only; the local command line uses it.
     */
    public void provideLocalToken(Path file) throws IOException {
        if (Files.isReadable(file)
                && authenticateToken(Files.readString(file).strip()).isPresent()) {
            return;
        }
        String token = Secrets.token();
        jdbi.useTransaction(
                handle -> {
                    handle.execute(
                            "delete from api_token where name = 'local' and person = ?", FIRST);
                    handle.execute(
                            "insert into api_token (token_hash, name, person, created_at) values (?, 'local', ?, ?)",
                            Secrets.hash(token),
                            FIRST,
                            Instant.now());
                });
        Secrets.write(file, token);
    }

    /** Whether this person has this password. */
    public boolean authenticate(String name, String password) {
        Optional<String> hash = jdbi.withHandle(handle -> passwordHash(handle, name));
        boolean acceptable = password.length() <= LONGEST_PASSWORD;
        boolean matches = Passwords.matches(acceptable ? password : "", hash.orElse(NOBODY));
        return acceptable && hash.isPresent() && matches;
    }

    /** The person whose API token this is; absent when unknown. */
    public Optional<String> authenticateToken(String token) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select person from api_token where token_hash = ?",
                                        Secrets.hash(token))
                                .mapTo(String.class)
                                .findOne());
    }

    /**
     * Replaces a password.
     *
     * @throws AggregatorException {@code INVALID_ARGUMENT} for a wrong current password or a new
     *     one that is too short or too long
     */
    public void changePassword(String name, String current, String password) {
        if (password.length() < SHORTEST_PASSWORD || password.length() > LONGEST_PASSWORD) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "the new password has "
                            + password.length()
                            + " characters; use "
                            + SHORTEST_PASSWORD
                            + " to "
                            + LONGEST_PASSWORD);
        }
        if (!authenticate(name, current)) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "the current password is not right");
        }
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "update person set password_hash = ? where name = ?",
                                Passwords.hash(password),
                                name));
    }

    private static Optional<String> passwordHash(Handle handle, String name) {
        return handle.select("select password_hash from person where name = ?", name)
                .mapTo(String.class)
                .findOne();
    }
}
