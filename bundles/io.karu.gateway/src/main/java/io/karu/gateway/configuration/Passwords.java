package io.karu.gateway.configuration;

import java.util.HashMap;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.crypto.CryptoService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Encrypts and decrypts the passwords among a configuration's values. */
final class Passwords {

    private static final Logger LOG = LoggerFactory.getLogger(Passwords.class);

    private interface Change {
        Password apply(Password password) throws KuraException;
    }

    private final CryptoService crypto;

    Passwords(CryptoService crypto) {
        this.crypto = crypto;
    }

    Map<String, Object> encrypted(Map<String, Object> properties) throws KuraException {
        Map<String, Object> encrypted = new HashMap<>(properties);
        for (Map.Entry<String, Object> property : encrypted.entrySet()) {
            property.setValue(encrypted(property.getValue()));
        }
        return encrypted;
    }

    /** What this gateway encrypted already stays as it is. */
    Object encrypted(Object value) throws KuraException {
        return changed(
                value,
                password -> {
                    try {
                        crypto.decryptAes(password.getPassword());
                        return password;
                    } catch (KuraException e) {
                        return new Password(crypto.encryptAes(password.getPassword()));
                    }
                });
    }

    /** What cannot be decrypted stays as it is. */
    Map<String, Object> clear(Map<String, Object> properties) {
        Map<String, Object> clear = new HashMap<>(properties);
        for (Map.Entry<String, Object> property : clear.entrySet()) {
            try {
                property.setValue(
                        changed(
                                property.getValue(),
                                p -> new Password(crypto.decryptAes(p.getPassword()))));
            } catch (KuraException e) {
                LOG.error("Password {} cannot be decrypted", property.getKey());
            }
        }
        return clear;
    }

    private static Object changed(Object value, Change change) throws KuraException {
        if (value instanceof Password password) {
            return change.apply(password);
        }
        if (value instanceof Password[] passwords) {
            Password[] all = new Password[passwords.length];
            for (int i = 0; i < all.length; i++) {
                all[i] = change.apply(passwords[i]);
            }
            return all;
        }
        return value;
    }
}
