/** The database: H2 in a file, or PostgreSQL by its URL; one portable SQL subset. */
package io.karu.aggregator.store;
