package io.karu.aggregator.audit;

import io.karu.aggregator.security.Role;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Secrets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * One line of the audit log.
 *
 * @param begun the line that says that this began; absent where this is that line, or was one step
 * @param actor who
 * @param via how they were known
 * @param address from where; empty for the aggregator itself
 * @param action what, for REST the method and the address as in the contract
 * @param subject on which things
 * @param outcome {@value #BEGUN}, or how it ended
 * @param previous hash of the line before
 * @param hash SHA-256 in hexadecimal over the JSON array of all other values, in this order, absent
 *     ones as null and the time as text
 */
public record AuditEntry(
        long sequence,
        Optional<Long> begun,
        Instant at,
        String actor,
        Role role,
        String via,
        String address,
        String action,
        String subject,
        String outcome,
        String previous,
        String hash) {
    /** Outcome of a line that is written before the action. */
    public static final String BEGUN = "BEGUN";

    /** Whether the hash is that of the content. */
    public boolean intact() {
        return hash.equals(digest());
    }

    AuditEntry sealed() {
        return new AuditEntry(
                sequence, begun, at, actor, role, via, address, action, subject, outcome, previous,
                digest());
    }

    private String digest() {
        return Secrets.hash(
                Json.write(
                        Arrays.asList(
                                sequence,
                                begun.orElse(null),
                                at.toString(),
                                actor,
                                role.name(),
                                via,
                                address,
                                action,
                                subject,
                                outcome,
                                previous)));
    }
}
