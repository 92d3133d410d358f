package io.karu.worker;

import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * How a worker ended.
 *
 * @param outcome in one word
 * @param body what the task handed back; only when DONE
 * @param reason for a person; empty when DONE
 * @param exitStatus of the process
 */
public record WorkerResult(
        Outcome outcome, Optional<JsonObject> body, String reason, int exitStatus) {
    /** In one word. */
    public enum Outcome {
        /** The task ended by itself. */
        DONE,
        /** The task threw an exception. */
        FAILED,
        /** It was cancelled. */
        CANCELLED,
        /** It took longer than it was given. */
        DEADLINE,
        /** It took more memory than it was given. */
        MEMORY,
        /** The process ended without a word: killed from outside, or crashed. */
        LOST
    }
}
