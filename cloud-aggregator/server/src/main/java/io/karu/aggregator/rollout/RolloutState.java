package io.karu.aggregator.rollout;

/**
 * Where a rollout stands.
 *
 * <pre>
 * WAITING_FOR_APPROVAL ─ approve ─► READY ─ start ─► RUNNING ──────────────► FINISHED
 *         │ deny                              pause │ ▲ resume   │ a gate fails
 *         ▼                                         ▼ │          ▼
 *       DENIED                                    PAUSED       HALTED ─ resume ─► RUNNING
 *                                                   └─── stop ───┴─► STOPPED, or REVERTING ─► REVERTED
 * </pre>
 */
public enum RolloutState {
    WAITING_FOR_APPROVAL,
    DENIED,
    READY,
    RUNNING,
    PAUSED,
    /** A gate failed; a person says what becomes of the gateways already changed. */
    HALTED,
    FINISHED,
    STOPPED,
    REVERTING,
    REVERTED;

    /** Whether the executor has something to do with it. */
    boolean moves() {
        return this != DENIED && !ended();
    }

    public boolean ended() {
        return this == DENIED || this == FINISHED || this == STOPPED || this == REVERTED;
    }
}
