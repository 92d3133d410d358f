package io.karu.models;

/** Told before and after everything that changes the disk; a test ends the process there. */
@FunctionalInterface
interface Steps {
    Steps NONE = step -> {};

    void reached(String step);
}
