package io.karu.onnx;

import java.util.List;

/** Computes nodes whose inputs are all constants. */
final class Evaluation {
    private Evaluation() {}

    /** Values of the outputs if they are few; empty when they are not all known. */
    static List<Constant> small(Operator operator, Call call, List<Fact> outputs) {
        return run(operator, call, outputs, Call.SMALL * 8L);
    }

    /**
     * Values of the outputs.
     *
     * @param mostBytes what an input and an output may take
     * @return empty when an input is not constant or the operator is never folded
     */
    static List<Constant> run(Operator operator, Call call, List<Fact> outputs, long mostBytes) {
        if (operator.kernel() == null || call.outputs() > outputs.size()) {
            return List.of();
        }
        for (int i = 0; i < call.inputs(); i++) {
            if (call.has(i) && (call.constant(i) == null || tiny(call.constant(i)))) {
                return List.of();
            }
            if (call.has(i) && call.constant(i).byteCount() > mostBytes) {
                return List.of();
            }
        }
        for (Fact output : outputs.subList(0, call.outputs())) {
            if (!output.shape().isFixed()
                    || !ElementType.isSupported(output.type())
                    || ElementType.bits(output.type()) < 8
                    || ElementType.bytes("", output.type(), output.shape()) > mostBytes) {
                return List.of();
            }
        }
        return operator.kernel().run(call, outputs.subList(0, call.outputs()));
    }

    /** Elements smaller than a byte are left alone. */
    private static boolean tiny(Constant constant) {
        return ElementType.bits(constant.type()) < 8;
    }
}
