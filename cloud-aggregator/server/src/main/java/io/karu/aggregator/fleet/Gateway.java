package io.karu.aggregator.fleet;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;

/**
 * What the aggregator knows of one gateway.
 *
 * @param site plant or place; empty when not told
 * @param presence see {@link Presence}
 * @param reason why the presence is what it is, for a person
 * @param since when the presence last changed
 * @param lastSeen when anything last arrived from it; absent when never
 * @param birth the newest BIRTH or APPS certificate; absent when never seen
 * @param missing what it lacks for being managed (DEPLOY-V2, Java 17 …), with what to do; empty
 *     when nothing
 * @param conflict a second gateway with the same client id; absent when none was noticed lately
 * @param inventory installed packages at the last reading
 * @param health the gateway's own checks at the last reading; absent when it has no {@code KARU-V1}
 * @param drift where it differs from its desired state
 */
public record Gateway(
        GatewayId id,
        String site,
        SortedSet<String> tags,
        Presence presence,
        String reason,
        Instant since,
        Optional<Instant> lastSeen,
        Optional<BirthCertificate> birth,
        List<String> missing,
        Optional<Conflict> conflict,
        Optional<Inventory> inventory,
        Optional<Health> health,
        List<Drift> drift) {
    /** The bundle that answers {@code KARU-V1}. */
    private static final String UPLINK = "io.karu.uplink";

    public Gateway {
        Objects.requireNonNull(id, "id");
        missing = List.copyOf(missing);
        drift = List.copyOf(drift);
    }

    /** The gateway's display name, or its client id when it told none. */
    public String displayName() {
        return birth.map(BirthCertificate::displayName)
                .filter(n -> !n.isBlank())
                .orElse(id.clientId());
    }

    /**
     * Whether it answers requests of an application: it said so, or the bundle that answers them is
     * ACTIVE since its BIRTH. Kura tells new applications only half a minute later.
     */
    public boolean answers(String applicationId) {
        return birth.filter(b -> b.answers(applicationId)).isPresent()
                || applicationId.equals(GatewayReader.KARU) && runsUplink();
    }

    private boolean runsUplink() {
        return inventory
                .filter(i -> birth.filter(b -> i.at().isAfter(b.at())).isPresent())
                .filter(i -> i.runs(UPLINK))
                .isPresent();
    }

    public boolean online() {
        return presence == Presence.ONLINE;
    }
}
