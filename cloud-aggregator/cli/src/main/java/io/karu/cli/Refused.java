package io.karu.cli;

/** Why a verb could not do what it was asked; decides the exit code. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The aggregator or a gateway refused, or a deployment failed. */
    static final int FAILED = 1;

    /** Wrong arguments. */
    static final int USAGE = 2;

    /** The aggregator does not answer. */
    static final int UNREACHABLE = 3;

    /** No API token, or one that the aggregator does not know. */
    static final int NOT_LOGGED_IN = 4;

    final int exitCode;

    Refused(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }
}
