package io.karu.aggregator.identity;

import java.time.Duration;
import java.time.Instant;

/**
 * How long certificates last.
 *
 * @param gateway of a gateway
 * @param server of the aggregator's own listeners
 * @param renewedAt the share of a life that is left when the certificate is renewed, above 0 and
 *     below 1
 */
public record CertificateLives(Duration gateway, Duration server, double renewedAt) {
    public static final CertificateLives DEFAULT =
            new CertificateLives(Duration.ofDays(90), Duration.ofDays(825), 1.0 / 3);

    public CertificateLives {
        if (isNothing(gateway) || isNothing(server)) {
            throw new IllegalArgumentException(
                    "certificates of " + gateway + " and " + server + " would never be valid");
        }
        if (!(renewedAt > 0 && renewedAt < 1)) {
            throw new IllegalArgumentException(
                    "certificates cannot be renewed when "
                            + renewedAt
                            + " of their life is left: use a share between 0 and 1, as 0.33");
        }
    }

    private static boolean isNothing(Duration life) {
        return life.isZero() || life.isNegative();
    }

    /** When a certificate of this life is to be renewed. */
    Instant due(Instant begin, Instant end) {
        long life = Duration.between(begin, end).toMillis();
        return end.minusMillis((long) (life * renewedAt));
    }
}
