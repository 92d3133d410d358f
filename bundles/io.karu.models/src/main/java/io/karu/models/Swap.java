package io.karu.models;

import io.karu.api.model.Digest;
import java.time.Duration;

/**
 * A version has been published.
 *
 * @param opening of reading, verifying and warming it up, while the version before decided; zero
 *     when it was open
 * @param step of the one step in which it took over: as long as a swap may hold anything up
 */
public record Swap(Digest digest, Duration opening, Duration step) {}
