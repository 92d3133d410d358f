package io.karu.gateway.conf;

import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.crypto.CryptoService;

/**
 * Reads password properties: Kura hands them to components encrypted, as text or as {@link
 * Password}.
 */
public final class Passwords {

    private Passwords() {}

    /**
     * The clear password; empty when there is none. A value that this gateway did not encrypt is
     * taken as it is.
     */
    public static char[] clear(CryptoService crypto, Object stored) {
        char[] value =
                stored instanceof Password password
                        ? password.getPassword()
                        : stored == null ? new char[0] : stored.toString().toCharArray();
        try {
            return value.length == 0 ? value : crypto.decryptAes(value);
        } catch (KuraException e) {
            return value;
        }
    }
}
