package io.karu.onnx;

import io.karu.onnx.proto.AttributeProto.AttributeType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An operator of ONNX's own domain that this toolkit understands.
 *
 * @param name as ONNX spells it
 * @param since first operator set that has it, at least 17
 * @param inputs fewest and most inputs
 * @param outputs fewest and most outputs
 * @param attributes types by name
 * @param required attributes without a default
 * @param flags attributes that are 0 or 1
 * @param introduced operator set of attributes that are younger than the operator
 * @param rule finds types and shapes of the outputs
 * @param kernel computes the outputs from constants, or null when it is never folded
 * @param note what is not supported, or empty
 */
record Operator(
        String name,
        int since,
        Count inputs,
        Count outputs,
        Map<String, AttributeType> attributes,
        Set<String> required,
        Set<String> flags,
        Map<String, Integer> introduced,
        Rule rule,
        Kernel kernel,
        String note) {

    /** Finds types and shapes of the outputs of a call, one fact each. */
    @FunctionalInterface
    interface Rule {
        List<Fact> infer(Call call);
    }

    /**
     * Computes the outputs of a call whose inputs are all constants; empty when it declines. The
     * constants have any name.
     */
    @FunctionalInterface
    interface Kernel {
        List<Constant> run(Call call, List<Fact> outputs);
    }

    record Count(int least, int most) {
        boolean holds(int count) {
            return count >= least && count <= most;
        }

        @Override
        public String toString() {
            return least == most
                    ? Integer.toString(least)
                    : most == Integer.MAX_VALUE ? least + "–∞" : least + "–" + most;
        }
    }
}
