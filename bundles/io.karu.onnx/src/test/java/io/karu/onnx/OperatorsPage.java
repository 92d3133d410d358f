package io.karu.onnx;

import java.util.Locale;
import java.util.stream.Collectors;

/** The page docs/operators.md. */
final class OperatorsPage {
    private OperatorsPage() {}

    static String text() {
        StringBuilder page = new StringBuilder();
        page.append(
                """
                # Operators

                What `io.karu.onnx` reads, validates and infers shapes of: operators of ONNX's own domain, operator sets %d to %d. Each is checked
                against ONNX Runtime in several variants. A model with any other operator is refused with the node's name. *Folds* marks operators
                that are computed when all inputs are constants; BatchNormalization also folds into the Conv, ConvTranspose or Gemm before it, Identity
                and Dropout are removed. Constant nodes become initializers; graphs inside nodes (If, Loop, Scan) are not supported.

                Tensors: FLOAT, DOUBLE, FLOAT16, BFLOAT16, BOOL and integers of 4 to 64 bits.

                This page is generated from the code (`OperatorsTest`).

                | operator | since | inputs | outputs | attributes | folds | note |
                | --- | --- | --- | --- | --- | --- | --- |
                """
                        .formatted(Operators.FIRST_OPSET, Operators.LAST_OPSET));
        for (Operator operator : Operators.all()) {
            String attributes =
                    operator.attributes().keySet().stream()
                            .map(attribute -> described(operator, attribute))
                            .collect(Collectors.joining(", "));
            page.append(
                    "| %s | %d | %s | %s | %s | %s | %s |%n"
                            .formatted(
                                    operator.name(),
                                    operator.since(),
                                    operator.inputs(),
                                    operator.outputs(),
                                    attributes,
                                    operator.kernel() == null ? "" : "✓",
                                    operator.note()));
        }
        return page.toString();
    }

    private static String described(Operator operator, String attribute) {
        String type = operator.attributes().get(attribute).name().toLowerCase(Locale.ROOT);
        Integer since = operator.introduced().get(attribute);
        return attribute
                + " "
                + type
                + (operator.required().contains(attribute) ? " (required)" : "")
                + (since == null ? "" : " (since " + since + ")");
    }
}
