package io.karu.aggregator.verdict;

import io.karu.aggregator.fleet.GatewayId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The verdicts that arrived. Live ones are told by {@code Event.VerdictsStored}. Thread-safe. */
public interface VerdictStore {
    /** Newest first. */
    List<StoredVerdict> query(VerdictQuery query);

    Optional<StoredVerdict> find(long id);

    Optional<StoredVerdict> find(GatewayId gateway, String station, String frame);

    /** Every overrule of one verdict, oldest first. */
    List<Overrule> overrules(GatewayId gateway, String station, String frame);

    /** Number of verdicts per decision for one gateway and station. */
    Map<String, Long> counts(GatewayId gateway, String station);

    /** How ingestion goes. */
    Ingested ingested();

    /**
     * Counters since start.
     *
     * @param duplicates entries that were known already
     * @param refused messages or entries that are not as docs/contracts.md says
     * @param dropped verdicts that gateways say their journals dropped
     */
    record Ingested(
            long messages,
            long verdicts,
            long overrules,
            long duplicates,
            long refused,
            long dropped) {}
}
