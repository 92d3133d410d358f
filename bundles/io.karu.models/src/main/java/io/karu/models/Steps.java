package io.karu.models;

/** Told when a step is reached; a test ends the process there. */
@FunctionalInterface
interface Steps {
    Steps NONE = step -> {};

    void reached(Step step);
}
