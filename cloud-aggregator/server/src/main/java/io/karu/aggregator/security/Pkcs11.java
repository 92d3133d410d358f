package io.karu.aggregator.security;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A PKCS #11 token.
 *
 * @param library the token's module, a shared library
 * @param slot its slot id; absent: the first slot with a token
 * @param pinFile holds the user PIN
 */
public record Pkcs11(Path library, Optional<Long> slot, Path pinFile) {
    public Pkcs11 {
        Objects.requireNonNull(library, "library");
        Objects.requireNonNull(slot, "slot");
        Objects.requireNonNull(pinFile, "pinFile");
    }
}
