package io.karu.aggregator.identity;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * The signed list of what the authority issued and nobody shall trust any more, for brokers that
 * judge certificates themselves. Made anew at each revocation and every day, since a list that has
 * expired makes them refuse everybody. Thread-safe.
 */
public final class RevocationList {
    /** From one list to its {@code nextUpdate}. */
    public static final Duration LIFE = Duration.ofDays(7);

    private static final Duration AGE = Duration.ofDays(1);

    private final Authority authority;
    private final IdentityStore store;
    private Map<BigInteger, Instant> revoked = Map.of();
    private byte[] list;
    private Instant made;

    RevocationList(Authority authority, IdentityStore store) {
        this.authority = authority;
        this.store = store;
    }

    /** DER (RFC 5280, 5); another aggregator on the same database may have revoked too. */
    public synchronized byte[] der() throws IOException {
        Instant now = Instant.now();
        Map<BigInteger, Instant> current = store.revoked(authority.name(), now);
        if (list == null || isOld(now) || !current.equals(revoked)) {
            list = authority.revocationList(current, now, now.plus(LIFE));
            revoked = current;
            made = now;
        }
        return list.clone();
    }

    public String pem() throws IOException {
        return "-----BEGIN X509 CRL-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(der())
                + "\n-----END X509 CRL-----\n";
    }

    /** Whether copies of it elsewhere are to be replaced. */
    synchronized boolean isOld() {
        return list != null && isOld(Instant.now());
    }

    private boolean isOld(Instant now) {
        return now.isAfter(made.plus(AGE));
    }
}
