package io.karu.aggregator.identity;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What time does to certificates: the aggregator's own are made anew before they expire,
 * connections of expired ones are cut, and the list of revoked ones stays young.
 */
public final class IdentityUpkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityUpkeep.class);
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);
    private static final long STOP_SECONDS = 10;

    private final Authority authority;
    private final GatewayIdentities identities;
    private Instant next = Instant.MIN;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "identities"));

    public IdentityUpkeep(Authority authority, GatewayIdentities identities) {
        this.authority = authority;
        this.identities = identities;
    }

    /** Begins to look every second; a look costs no reading of files or database. */
    public void start() {
        clock.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
    }

    private void look() {
        try {
            identities.cutExpired();
            if (Instant.now().isAfter(next)) {
                renew();
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("Certificates cannot be looked after now; again in {}", AFTER_FAILURE, e);
            next = Instant.now().plus(AFTER_FAILURE);
        }
    }

    private void renew() throws IOException {
        identities.refreshRevocations();
        for (String server : authority.renewServerKeys()) {
            LOG.info("The certificate of {} was renewed", server);
        }
    }

    /** An interrupt could close the database's file. */
    @Override
    public void close() throws InterruptedException {
        clock.shutdown();
        clock.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
