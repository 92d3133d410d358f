package io.karu.aggregator.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Column values as the domain's types. */
public final class Rows {
    private Rows() {}

    /** A {@code timestamp with time zone}; null when the column is. */
    public static Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    public static Optional<Instant> findInstant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(instant(row, column));
    }

    public static Optional<String> findString(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getString(column));
    }

    /** A JSON text as a value; absent when the column is null. */
    public static <T> Optional<T> findJson(ResultSet row, String column, Class<T> type)
            throws SQLException {
        return findString(row, column).map(text -> Json.read(text, type));
    }
}
