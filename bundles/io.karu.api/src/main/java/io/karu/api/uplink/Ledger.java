package io.karu.api.uplink;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The list of everything that left the gateway, durable and bounded. Thread-safe. */
@ProviderType
public interface Ledger {
    /** The newest departures, newest first. */
    List<Departure> newest(int limit);

    /**
     * Records, durably, that something left.
     *
     * @throws IOException when it cannot be written: then it must not leave
     */
    void add(Departure departure) throws IOException;

    /**
     * Something left.
     *
     * @param kind {@code verdicts}, {@code image}, {@code heatmap}, {@code model} …
     * @param what digest or sequence range
     * @param to where to: topic or address without credentials
     * @param bytes size on the wire
     */
    record Departure(Instant at, String kind, String what, String to, long bytes) {}
}
