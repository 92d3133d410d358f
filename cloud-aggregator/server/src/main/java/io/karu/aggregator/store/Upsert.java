package io.karu.aggregator.store;

import java.util.function.Supplier;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * Runs statements with {@code MERGE}. Two at once can both find no row and one then violates the
 * key, in H2 as in PostgreSQL; the second time it finds the row.
 */
public final class Upsert {
    private Upsert() {}

    /** Runs a whole transaction, once more when a statement in it fails. */
    public static <T> T run(Supplier<T> transaction) {
        try {
            return transaction.get();
        } catch (UnableToExecuteStatementException first) {
            try {
                return transaction.get();
            } catch (UnableToExecuteStatementException second) {
                second.addSuppressed(first);
                throw second;
            }
        }
    }
}
