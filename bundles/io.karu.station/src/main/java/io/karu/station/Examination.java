package io.karu.station;

import io.karu.api.evidence.Evidence.Subject;
import io.karu.api.inspection.Finding;
import java.util.List;
import java.util.Optional;

/**
 * What a model said of one frame, and what that cost.
 *
 * @param model which version; absent when none was asked
 * @param failed whether the model could not run on it
 * @param mapped whether the examiner holds its heat map
 */
record Examination(
        Judgement judgement,
        List<Finding> findings,
        Optional<Subject> model,
        Cost cost,
        boolean failed,
        boolean mapped) {

    /** Time of its parts, in nanoseconds. */
    record Cost(long decode, long inference, long decision) {
        static final Cost NONE = new Cost(0, 0, 0);

        long nanos() {
            return decode + inference + decision;
        }
    }

    /** Of a frame that no model has seen. */
    static Examination none(String reason) {
        return new Examination(
                Judgement.review(reason), List.of(), Optional.empty(), Cost.NONE, false, false);
    }

    /** Of a frame on which the model could not run. */
    static Examination failed(Subject model, String reason) {
        return new Examination(
                Judgement.review("the model failed on this frame: " + reason),
                List.of(),
                Optional.of(model),
                Cost.NONE,
                true,
                false);
    }
}
