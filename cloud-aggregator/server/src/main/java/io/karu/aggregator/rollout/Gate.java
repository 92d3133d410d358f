package io.karu.aggregator.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * What has to be true of a group before the next one begins. A gate that fails halts the rollout;
 * one that cannot tell yet waits. In JSON the property {@code kind} tells which; what is absent has
 * the default of the kind.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Gate.Install.class, name = "install"),
    @JsonSubTypes.Type(value = Gate.Healthy.class, name = "health"),
    @JsonSubTypes.Type(value = Gate.Agreement.class, name = "agreement"),
    @JsonSubTypes.Type(value = Gate.RejectRate.class, name = "reject-rate"),
    @JsonSubTypes.Type(value = Gate.Classes.class, name = "classes"),
    @JsonSubTypes.Type(value = Gate.Latency.class, name = "latency"),
    @JsonSubTypes.Type(value = Gate.Memory.class, name = "memory"),
    @JsonSubTypes.Type(value = Gate.Overrules.class, name = "overrules")
})
public sealed interface Gate {
    int FRAMES = 200;
    double CONFIDENCE = 0.95;

    /**
     * Installations.
     *
     * @param failedAtMost share of the group (0)
     * @param doneAtLeast share of the group (0.8): gateways that are offline do not hold up the
     *     others for ever
     */
    record Install(Double failedAtMost, Double doneAtLeast) implements Gate {
        public Install {
            failedAtMost = Plans.share("failedAtMost", failedAtMost == null ? 0 : failedAtMost);
            doneAtLeast = Plans.share("doneAtLeast", doneAtLeast == null ? 0.8 : doneAtLeast);
        }
    }

    /**
     * The gateways' own checks.
     *
     * @param failingAtMost share of the changed gateways with a check that fails and did not before
     *     (0)
     */
    record Healthy(Double failingAtMost) implements Gate {
        public Healthy {
            failingAtMost = Plans.share("failingAtMost", failingAtMost == null ? 0 : failingAtMost);
        }
    }

    /**
     * Decisions of the new and the previous version on the same frames, where one of them runs in
     * the shadow of the other.
     *
     * @param atLeast share decided alike (0.98)
     * @param eachAtLeast share that every gateway by itself decides alike; absent: the one that
     *     agrees least is named and stops nothing
     * @param frames needed of the group before it can tell (200)
     */
    record Agreement(Double atLeast, Double eachAtLeast, Integer frames) implements Gate {
        public Agreement {
            atLeast = Plans.share("atLeast", atLeast == null ? 0.98 : atLeast);
            if (eachAtLeast != null) {
                Plans.share("eachAtLeast", eachAtLeast);
            }
            frames = Plans.between("frames", 1, frames == null ? FRAMES : frames, 1_000_000_000);
        }
    }

    /**
     * The share of rejected parts, before and after on the same stations.
     *
     * @param shiftAtMost either way (0.05)
     * @param confidence of the interval (0.95)
     * @param frames needed after the change before it can tell (200)
     */
    record RejectRate(Double shiftAtMost, Double confidence, Integer frames) implements Gate {
        public RejectRate {
            shiftAtMost = Plans.share("shiftAtMost", shiftAtMost == null ? 0.05 : shiftAtMost);
            confidence = Plans.share("confidence", confidence == null ? CONFIDENCE : confidence);
            frames = Plans.between("frames", 1, frames == null ? FRAMES : frames, 1_000_000_000);
        }
    }

    /**
     * The share of parts on which each defect class is found, before and after on the same
     * stations: a class that is no longer found hides in an unchanged reject rate where parts have
     * several defects.
     *
     * @param shiftAtMost either way, of each class (0.05)
     * @param confidence that none of the intervals is wrong (0.95)
     * @param frames needed after the change before it can tell (200)
     */
    record Classes(Double shiftAtMost, Double confidence, Integer frames) implements Gate {
        public Classes {
            shiftAtMost = Plans.share("shiftAtMost", shiftAtMost == null ? 0.05 : shiftAtMost);
            confidence = Plans.share("confidence", confidence == null ? CONFIDENCE : confidence);
            frames = Plans.between("frames", 1, frames == null ? FRAMES : frames, 1_000_000_000);
        }
    }

    /**
     * Time from a frame's turn until its decision, 99th percentile.
     *
     * @param ratioAtMost of any station's value to its value before (1.5)
     * @param frames needed of a station before it can tell (200)
     */
    record Latency(Double ratioAtMost, Integer frames) implements Gate {
        public Latency {
            ratioAtMost = positive("ratioAtMost", ratioAtMost == null ? 1.5 : ratioAtMost);
            frames = Plans.between("frames", 1, frames == null ? FRAMES : frames, 1_000_000_000);
        }
    }

    /**
     * Resident memory of the gateway's process.
     *
     * @param ratioAtMost of any gateway's value to its value before (1.25)
     */
    record Memory(Double ratioAtMost) implements Gate {
        public Memory {
            ratioAtMost = positive("ratioAtMost", ratioAtMost == null ? 1.25 : ratioAtMost);
        }
    }

    /**
     * Verdicts that operators decided otherwise.
     *
     * @param shareAtMost of the frames (0.02)
     * @param confidence of the interval (0.95)
     * @param frames needed after the change before it can tell (200)
     */
    record Overrules(Double shareAtMost, Double confidence, Integer frames) implements Gate {
        public Overrules {
            shareAtMost = Plans.share("shareAtMost", shareAtMost == null ? 0.02 : shareAtMost);
            confidence = Plans.share("confidence", confidence == null ? CONFIDENCE : confidence);
            frames = Plans.between("frames", 1, frames == null ? FRAMES : frames, 1_000_000_000);
        }
    }

    private static double positive(String what, double value) {
        if (!(value > 0 && value < 1e6)) {
            throw new IllegalArgumentException(what + " is " + value + ": use more than 0");
        }
        return value;
    }
}
