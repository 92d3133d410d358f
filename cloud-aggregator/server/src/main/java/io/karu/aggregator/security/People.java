package io.karu.aggregator.security;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
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

    private static final String INSERT =
            "insert into person (name, password_hash, role, created_at) values (?, ?, ?, ?)";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,127}");

    private final Jdbi jdbi;
    private final ApiTokens tokens;

    public People(Jdbi jdbi) {
        this.jdbi = jdbi;
        this.tokens = new ApiTokens(jdbi, Clock.systemUTC());
    }

    /** The tokens of their programs. */
    public ApiTokens tokens() {
        return tokens;
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
                            INSERT,
                            FIRST,
                            Passwords.hash(password),
                            Role.ADMIN.name(),
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
                && tokens.authenticate(Files.readString(file).strip()).isPresent()) {
            return;
        }
        Secrets.write(file, tokens.issueLocal(FIRST));
    }

    /** Everybody, by name. */
    public List<Person> list() {
        return jdbi.withHandle(
                handle ->
                        handle.select("select name, role, created_at from person order by name")
                                .map((row, context) -> person(row))
                                .list());
    }

    public Optional<Person> find(String name) {
        return jdbi.withHandle(handle -> find(handle, name));
    }

    /**
     * Lets somebody log in.
     *
     * @return the generated password, the only time it is readable
     * @throws AggregatorException {@code PERSON_EXISTS}, {@code INVALID_ARGUMENT}
     */
    public String create(String name, Role role) {
        if (!NAME.matcher(name).matches()) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "name \""
                            + name
                            + "\": use letters, digits and . _ @ -, at most 128, the first a letter or digit");
        }
        String password = Secrets.generate(PASSWORD_BITS);
        jdbi.useTransaction(
                handle -> {
                    if (find(handle, name).isPresent()) {
                        throw new AggregatorException(
                                Code.PERSON_EXISTS, "there is a person " + name + " already");
                    }
                    handle.execute(
                            INSERT, name, Passwords.hash(password), role.name(), Instant.now());
                });
        return password;
    }

    /**
     * Gives somebody another role, at once also in open sessions and for their tokens.
     *
     * @throws AggregatorException {@code PERSON_NOT_FOUND}, {@code LAST_ADMIN}
     */
    public Person changeRole(String name, Role role) {
        return jdbi.inTransaction(
                handle -> {
                    lockAdmins(handle);
                    get(handle, name);
                    handle.execute("update person set role = ? where name = ?", role.name(), name);
                    requireAdmin(handle);
                    return get(handle, name);
                });
    }

    /**
     * Replaces a forgotten password by a generated one, which is returned.
     *
     * @throws AggregatorException {@code PERSON_NOT_FOUND}
     */
    public String resetPassword(String name) {
        String password = Secrets.generate(PASSWORD_BITS);
        jdbi.useTransaction(
                handle -> {
                    get(handle, name);
                    handle.execute(
                            "update person set password_hash = ? where name = ?",
                            Passwords.hash(password),
                            name);
                });
        return password;
    }

    /**
     * Ends somebody's access, and their tokens'.
     *
     * @throws AggregatorException {@code PERSON_NOT_FOUND}, {@code LAST_ADMIN}
     */
    public void remove(String name) {
        jdbi.useTransaction(
                handle -> {
                    lockAdmins(handle);
                    get(handle, name);
                    handle.execute("delete from person where name = ?", name);
                    requireAdmin(handle);
                });
    }

    /** Whether this person has this password. */
    public boolean authenticate(String name, String password) {
        Optional<String> hash = jdbi.withHandle(handle -> passwordHash(handle, name));
        boolean acceptable = password.length() <= LONGEST_PASSWORD;
        boolean matches = Passwords.matches(acceptable ? password : "", hash.orElse(NOBODY));
        return acceptable && hash.isPresent() && matches;
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

    /** Two admins who remove each other at once come one after the other. */
    private static void lockAdmins(Handle handle) {
        handle.select(
                        "select name from person where role = ? order by name for update",
                        Role.ADMIN.name())
                .mapTo(String.class)
                .list();
    }

    private static void requireAdmin(Handle handle) {
        if (handle.select("select count(*) from person where role = ?", Role.ADMIN.name())
                        .mapTo(Long.class)
                        .one()
                == 0) {
            throw new AggregatorException(
                    Code.LAST_ADMIN,
                    "nobody would be admin any more; make somebody else admin first");
        }
    }

    private static Person get(Handle handle, String name) {
        return find(handle, name)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.PERSON_NOT_FOUND, "there is no person " + name));
    }

    private static Optional<Person> find(Handle handle, String name) {
        return handle.select("select name, role, created_at from person where name = ?", name)
                .map((row, context) -> person(row))
                .findOne();
    }

    private static Person person(ResultSet row) throws SQLException {
        return new Person(
                row.getString("name"),
                Role.valueOf(row.getString("role")),
                Rows.instant(row, "created_at"));
    }

    private static Optional<String> passwordHash(Handle handle, String name) {
        return handle.select("select password_hash from person where name = ?", name)
                .mapTo(String.class)
                .findOne();
    }
}
