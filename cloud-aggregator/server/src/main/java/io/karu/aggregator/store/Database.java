package io.karu.aggregator.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;

/** A migrated database with a connection pool. Thread-safe. */
public final class Database implements AutoCloseable {
    private static final int MAXIMUM_CONNECTIONS = 10;
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(10);

    private final HikariDataSource pool;
    private final Jdbi jdbi;

    private Database(HikariDataSource pool) {
        this.pool = pool;
        this.jdbi = Jdbi.create(pool);
        jdbi.registerArgument(new InstantArgument());
        jdbi.registerArrayType(String.class, "varchar");
        jdbi.registerArrayType(Long.class, "int8");
        jdbi.registerArrayType(Double.class, "float8");
        jdbi.registerArrayType(Instant.class, "timestamptz", time -> time.atOffset(ZoneOffset.UTC));
        jdbi.registerColumnMapper(
                Instant.class,
                (row, column, context) -> {
                    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
                    return time == null ? null : time.toInstant();
                });
    }

    /**
     * The address of the H2 file database in a folder. A commit is handed to the operating system
     * before it returns, so that a killed process loses none (H2's default keeps half a second).
     */
    public static String h2Url(Path folder) {
        return "jdbc:h2:file:"
                + folder.toAbsolutePath().resolve("karu")
                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0";
    }

    /** Connects and migrates. The user name may be empty for H2. */
    public static Database open(DatabaseAddress address) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("database");
        config.setJdbcUrl(address.url());
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(MAXIMUM_CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECTION_TIMEOUT.toMillis());
        HikariDataSource pool = new HikariDataSource(config);
        try {
            Flyway.configure().dataSource(pool).locations(migrations(address)).load().migrate();
            return new Database(pool);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private static String[] migrations(DatabaseAddress address) {
        String common = "classpath:db/migration/common";
        return address.isH2()
                ? new String[] {common, "classpath:db/migration/h2"}
                : new String[] {common};
    }

    /** Reports the connection pool as {@code hikaricp.*}; once. */
    public void measure(MeterRegistry metrics) {
        pool.setMetricRegistry(metrics);
    }

    public Jdbi jdbi() {
        return jdbi;
    }

    /** Whether a statement can be run now. */
    public boolean answers() {
        try {
            return jdbi.withHandle(h -> h.select("select 1").mapTo(Integer.class).one()) == 1;
        } catch (RuntimeException e) {
            return false;
        }
    }

    @Override
    public void close() {
        pool.close();
    }

    private static final class InstantArgument extends AbstractArgumentFactory<Instant> {
        InstantArgument() {
            super(Types.TIMESTAMP_WITH_TIMEZONE);
        }

        @Override
        protected Argument build(Instant value, ConfigRegistry config) {
            return (position, statement, context) ->
                    statement.setObject(position, value.atOffset(ZoneOffset.UTC));
        }
    }
}
