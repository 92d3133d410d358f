package io.karu.onnx;

import static io.karu.onnx.Operators.MANY;
import static io.karu.onnx.Operators.operator;

/** Activations, arithmetic, comparisons and normalisations. */
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    static void define() {
        activations();
        functions();
        arithmetic();
        logic();
        normalisations();
    }

    private static void activations() {
        unary("Relu", "Sigmoid", "Tanh", "HardSwish", "Softplus", "Softsign");
        for (String name : new String[] {"LeakyRelu", "Elu", "Celu", "ThresholdedRelu"}) {
            operator(name, ElementwiseRules::same).attributes("alpha:f");
        }
        operator("HardSigmoid", ElementwiseRules::same).attributes("alpha:f", "beta:f");
        operator("Selu", ElementwiseRules::same).attributes("alpha:f", "gamma:f");
        operator("Mish", ElementwiseRules::same).since(18);
        operator("Gelu", ElementwiseRules::same).since(20).attributes("approximate:s");
        operator("PRelu", ElementwiseRules::slope).inputs(2, 2);
        operator("Clip", ElementwiseRules::same).inputs(1, 3).folds(ElementwiseKernels::clip);
        for (String name : new String[] {"Softmax", "LogSoftmax", "Hardmax"}) {
            operator(name, ElementwiseRules::alongAxis).attributes("axis:i");
        }
    }

    private static void functions() {
        unary("Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Exp", "Log", "Sqrt", "Erf");
        unary("Reciprocal", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh");
        unary("Asinh", "Acosh", "Atanh");
        operator("Identity", ElementwiseRules::identity).folds(ElementwiseKernels::identity);
        operator("Dropout", ElementwiseRules::dropout)
                .inputs(1, 3)
                .outputs(1, 2)
                .attributes("seed:i")
                .folds(ElementwiseKernels::identity)
                .note("for inference only");
        operator("Cast", ElementwiseRules::cast)
                .attributes("to:i!", "saturate:b@19")
                .folds(ElementwiseKernels::cast);
        operator("CastLike", ElementwiseRules::castLike)
                .inputs(2, 2)
                .attributes("saturate:b@19")
                .folds(ElementwiseKernels::cast);
        operator("CumSum", ElementwiseRules::same)
                .inputs(2, 2)
                .attributes("exclusive:b", "reverse:b");
        operator("Trilu", ElementwiseRules::same).inputs(1, 2).attributes("upper:b");
    }

    private static void arithmetic() {
        for (String name : new String[] {"Add", "Sub", "Mul", "Div"}) {
            operator(name, ElementwiseRules::arithmetic)
                    .inputs(2, 2)
                    .folds(ElementwiseKernels::binary);
        }
        for (String name : new String[] {"Max", "Min", "Mean", "Sum"}) {
            operator(name, ElementwiseRules::arithmetic)
                    .inputs(1, MANY)
                    .folds(ElementwiseKernels::binary);
        }
        operator("Mod", ElementwiseRules::arithmetic)
                .inputs(2, 2)
                .attributes("fmod:b")
                .folds(ElementwiseKernels::binary);
        operator("Pow", ElementwiseRules::power).inputs(2, 2).folds(ElementwiseKernels::binary);
    }

    private static void logic() {
        unary("Not");
        for (String name : new String[] {"And", "Or", "Xor"}) {
            operator(name, ElementwiseRules::arithmetic)
                    .inputs(2, 2)
                    .folds(ElementwiseKernels::binary);
        }
        for (String name :
                new String[] {"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"}) {
            operator(name, ElementwiseRules::comparison)
                    .inputs(2, 2)
                    .folds(ElementwiseKernels::comparison);
        }
        operator("IsNaN", ElementwiseRules::test);
        operator("IsInf", ElementwiseRules::test)
                .attributes("detect_negative:b", "detect_positive:b");
        operator("Where", ElementwiseRules::where).inputs(3, 3).folds(ElementwiseKernels::where);
    }

    private static void normalisations() {
        operator("BatchNormalization", ElementwiseRules::perChannel)
                .inputs(5, 5)
                .attributes("epsilon:f", "momentum:f", "training_mode:b")
                .note("for inference only");
        operator("InstanceNormalization", ElementwiseRules::perChannel)
                .inputs(3, 3)
                .attributes("epsilon:f");
        operator("GroupNormalization", ElementwiseRules::same)
                .since(21)
                .inputs(3, 3)
                .attributes("epsilon:f", "num_groups:i!", "stash_type:i");
        operator("LayerNormalization", ElementwiseRules::layerNormalization)
                .inputs(2, 3)
                .outputs(1, 3)
                .attributes("axis:i", "epsilon:f", "stash_type:i");
        operator("RMSNormalization", ElementwiseRules::rmsNormalization)
                .since(23)
                .inputs(2, 2)
                .attributes("axis:i", "epsilon:f", "stash_type:i");
        operator("LpNormalization", ElementwiseRules::alongAxis).attributes("axis:i", "p:i");
        operator("LRN", ElementwiseRules::same)
                .attributes("alpha:f", "beta:f", "bias:f", "size:i!");
        operator("MeanVarianceNormalization", ElementwiseRules::same).attributes("axes:is");
    }

    private static void unary(String... names) {
        for (String name : names) {
            operator(name, ElementwiseRules::same)
                    .folds(ElementwiseKernels.isUnary(name) ? ElementwiseKernels::unary : null);
        }
    }
}
