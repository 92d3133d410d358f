package io.karu.onnx;

import io.karu.onnx.Operator.Count;
import io.karu.onnx.Operator.Kernel;
import io.karu.onnx.Operator.Rule;
import io.karu.onnx.proto.AttributeProto.AttributeType;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The operators that this toolkit understands; {@code docs/operators.md} lists them. */
public final class Operators {
    /** First supported version of ONNX's own operators. */
    public static final int FIRST_OPSET = 17;

    /** Last supported version of ONNX's own operators. */
    public static final int LAST_OPSET = 26;

    static final int MANY = Integer.MAX_VALUE;

    private static final Map<String, AttributeType> TYPES =
            Map.of(
                    "i", AttributeType.INT,
                    "b", AttributeType.INT,
                    "is", AttributeType.INTS,
                    "f", AttributeType.FLOAT,
                    "fs", AttributeType.FLOATS,
                    "s", AttributeType.STRING,
                    "t", AttributeType.TENSOR);

    private static final Map<String, Operator> ALL = new TreeMap<>();

    static {
        ElementwiseOperators.define();
        LayerOperators.define();
        TensorOperators.define();
        QuantizedOperators.define();
    }

    private Operators() {}

    /** Whether a node's operator is understood in a version of ONNX's own operators. */
    public static boolean isSupported(Node node, int opset) {
        return find(node).filter(operator -> opset >= operator.since()).isPresent();
    }

    static Optional<Operator> find(Node node) {
        return node.domain().isEmpty()
                ? Optional.ofNullable(ALL.get(node.operator()))
                : Optional.empty();
    }

    static Collection<Operator> all() {
        return Collections.unmodifiableCollection(ALL.values());
    }

    /** Starts the definition of an operator with one input and one output. */
    static Definition operator(String name, Rule rule) {
        return new Definition(name, rule);
    }

    /** An operator under definition. */
    static final class Definition {
        private final String name;
        private final Rule rule;
        private int since = FIRST_OPSET;
        private Count inputs = new Count(1, 1);
        private Count outputs = new Count(1, 1);
        private final Map<String, AttributeType> attributes = new LinkedHashMap<>();
        private final Set<String> required = new LinkedHashSet<>();
        private final Set<String> flags = new LinkedHashSet<>();
        private final Map<String, Integer> introduced = new LinkedHashMap<>();
        private Kernel kernel;
        private String note = "";

        private Definition(String name, Rule rule) {
            this.name = name;
            this.rule = rule;
            put();
        }

        Definition inputs(int least, int most) {
            inputs = new Count(least, most);
            return put();
        }

        Definition outputs(int least, int most) {
            outputs = new Count(least, most);
            return put();
        }

        Definition since(int opset) {
            since = opset;
            return put();
        }

        /**
         * Attributes as {@code name:type}, with i, is, f, fs, s, t for ONNX's types, b for an INT
         * that is 0 or 1, {@code !} behind the type of one that has no default, and {@code @}
         * before the operator set that brought it if later than the operator.
         */
        Definition attributes(String... specifications) {
            for (String specification : specifications) {
                String[] parts = specification.split("[:@]");
                attributes.put(parts[0], TYPES.get(parts[1].replace("!", "")));
                if (parts[1].equals("b")) {
                    flags.add(parts[0]);
                }
                if (parts[1].endsWith("!")) {
                    required.add(parts[0]);
                }
                if (parts.length > 2) {
                    introduced.put(parts[0], Integer.parseInt(parts[2]));
                }
            }
            return put();
        }

        Definition folds(Kernel by) {
            kernel = by;
            return put();
        }

        Definition note(String text) {
            note = text;
            return put();
        }

        private Definition put() {
            ALL.put(
                    name,
                    new Operator(
                            name,
                            since,
                            inputs,
                            outputs,
                            Collections.unmodifiableMap(attributes),
                            Collections.unmodifiableSet(required),
                            Collections.unmodifiableSet(flags),
                            Collections.unmodifiableMap(introduced),
                            rule,
                            kernel,
                            note));
            return this;
        }
    }
}
