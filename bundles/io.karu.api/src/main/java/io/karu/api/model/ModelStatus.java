package io.karu.api.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One version in the gateway's store.
 *
 * @param aliases aliases that mean this version now
 * @param state see {@link State}
 * @param generation counts the changes of this name's aliases on this gateway
 * @param reason why it is not usable; absent when it is
 */
public record ModelStatus(
        String name,
        String version,
        Digest digest,
        List<String> aliases,
        State state,
        long generation,
        Optional<String> reason) {
    /** Where a version stands. */
    public enum State {
        /** In the store, decides nothing. */
        STORED,
        /** An alias means it and its session is open. */
        ACTIVE,
        /** An alias means it but it cannot run now; reason says what is awaited. */
        WAITING,
        /** The version an alias meant before: where a rollback goes. */
        LAST_GOOD,
        /** Failed its checks or was rolled back; never becomes active again by itself. */
        REJECTED
    }

    public ModelStatus {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(digest, "digest");
        aliases = List.copyOf(aliases);
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
    }
}
