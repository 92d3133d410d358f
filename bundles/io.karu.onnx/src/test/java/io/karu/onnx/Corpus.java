package io.karu.onnx;

import static io.karu.onnx.Attribute.floating;
import static io.karu.onnx.Attribute.integer;
import static io.karu.onnx.Attribute.integers;
import static io.karu.onnx.Attribute.text;

import io.karu.onnx.Sample.Argument;
import io.karu.onnx.Sample.Maker;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Every supported operator, in the variants that models use. */
final class Corpus {
    private final Maker make;
    private final int opset;
    private final List<Sample> samples = new ArrayList<>();

    private Corpus(int opset) {
        this.opset = opset;
        make = new Maker(opset, opset);
    }

    static List<Sample> of(int opset) {
        Corpus corpus = new Corpus(opset);
        corpus.elementwise();
        corpus.logic();
        corpus.normalisations();
        corpus.convolutions();
        corpus.pools();
        corpus.matrices();
        corpus.reductions();
        corpus.structure();
        corpus.resizes();
        corpus.indexing();
        corpus.sources();
        corpus.quantized();
        return corpus.samples;
    }

    private void add(Sample sample) {
        samples.add(sample);
    }

    private void elementwise() {
        for (String name :
                List.of(
                        "Relu",
                        "Sigmoid",
                        "Tanh",
                        "HardSwish",
                        "Softplus",
                        "Softsign",
                        "LeakyRelu",
                        "Elu",
                        "Celu",
                        "ThresholdedRelu",
                        "HardSigmoid",
                        "Selu",
                        "Softmax",
                        "LogSoftmax",
                        "Hardmax",
                        "Abs",
                        "Neg",
                        "Sign",
                        "Floor",
                        "Ceil",
                        "Round",
                        "Exp",
                        "Erf",
                        "Sin",
                        "Cos",
                        "Tan",
                        "Atan",
                        "Sinh",
                        "Cosh",
                        "Asinh",
                        "Identity",
                        "Dropout")) {
            add(make.one(name, List.of(make.in(2, 3, 4))));
        }
        for (String name : List.of("Log", "Sqrt", "Reciprocal")) {
            add(make.one(name, List.of(make.within(0.1, 4, 2, 3))));
        }
        for (String name : List.of("Asin", "Acos", "Atanh")) {
            add(make.one(name, List.of(make.within(-0.9, 0.9, 5))));
        }
        add(make.one("Acosh", List.of(make.within(1.1, 4, 5))));
        if (opset >= 18) {
            add(make.one("Mish", List.of(make.in(2, 3))));
        }
        if (opset >= 20) {
            add(make.one("Gelu", List.of(make.in(2, 3))));
            add(make.one("Gelu", List.of(make.in(2, 3)), text("approximate", "tanh")));
        }
        add(make.one("LeakyRelu", List.of(make.in(3)), floating("alpha", 0.2f)));
        add(make.one("Softmax", List.of(make.in(2, 3, 4)), integer("axis", 1)));
        add(make.one("PRelu", List.of(make.in(2, 3, 4, 4), make.weight(3, 1, 1))));
        Argument low = make.scalar(DataType.FLOAT, -0.5);
        Argument high = make.scalar(DataType.FLOAT, 0.5);
        add(make.one("Clip", List.of(make.in(2, 3), low, high)));
        add(make.one("Clip", List.of(make.in(2, 3), make.none(), high)));
        add(make.one("Clip", List.of(make.in(2, 3))));
        for (DataType to : List.of(DataType.INT64, DataType.UINT8, DataType.BOOL)) {
            add(make.one("Cast", List.of(make.within(0, 9, 2, 3)), integer("to", to.getNumber())));
        }
        add(make.one("CastLike", List.of(make.in(2, 3), make.constant(DataType.INT32, 1))));
        add(make.one("CumSum", List.of(make.in(2, 3, 4), make.integer(1))));
        add(
                make.one(
                        "CumSum",
                        List.of(make.in(2, 3), make.integer(-1)),
                        integer("exclusive", 1),
                        integer("reverse", 1)));
        add(make.one("Trilu", List.of(make.in(2, 4, 5))));
        add(make.one("Trilu", List.of(make.in(4, 4), make.integer(1)), integer("upper", 0)));
        for (String name : List.of("Add", "Sub", "Mul", "Div")) {
            add(make.one(name, List.of(make.in(2, 3, 4), make.weight(3, 1))));
            add(make.one(name, List.of(make.in(4), make.in(2, 1, 1))));
        }
        add(make.one("Add", List.of(make.in(DataType.INT64, 3), make.longs(1, 2, 3))));
        add(make.one("Pow", List.of(make.within(0.1, 2, 2, 3), make.scalar(DataType.FLOAT, 2))));
        add(make.one("Mod", List.of(make.in(DataType.INT64, 4), make.longs(3))));
        add(make.one("Mod", List.of(make.in(DataType.INT32, 4), make.scalar(DataType.INT32, -4))));
        add(make.one("Mod", List.of(make.in(4), make.floats(1.5f)), integer("fmod", 1)));
        for (String name : List.of("Max", "Min", "Mean", "Sum")) {
            add(make.one(name, List.of(make.in(2, 3), make.in(3), make.weight(1))));
        }
    }

    private void logic() {
        add(make.one("Not", List.of(make.in(DataType.BOOL, 2, 3))));
        for (String name : List.of("And", "Or", "Xor")) {
            add(make.one(name, List.of(make.in(DataType.BOOL, 2, 3), make.in(DataType.BOOL, 3))));
        }
        for (String name : List.of("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual")) {
            add(make.one(name, List.of(make.in(2, 3), make.weight(3))));
            add(make.one(name, List.of(make.in(DataType.INT64, 9), make.integer(2))));
        }
        add(make.one("IsNaN", List.of(make.in(2, 3))));
        add(make.one("IsInf", List.of(make.in(2, 3)), integer("detect_negative", 0)));
        add(
                make.one(
                        "Where",
                        List.of(make.in(DataType.BOOL, 2, 1), make.in(3), make.weight(2, 3))));
    }

    private void normalisations() {
        add(
                make.one(
                        "BatchNormalization",
                        List.of(
                                make.in(2, 3, 4, 5),
                                make.weight(3),
                                make.weight(3),
                                make.weight(3),
                                make.filled(DataType.FLOAT, 2, 3)),
                        floating("epsilon", 1e-3f)));
        add(
                make.one(
                        "InstanceNormalization",
                        List.of(make.in(2, 3, 4, 5), make.weight(3), make.weight(3))));
        if (opset >= 21) {
            add(
                    make.one(
                            "GroupNormalization",
                            List.of(make.in(2, 4, 3, 3), make.weight(4), make.weight(4)),
                            integer("num_groups", 2)));
        }
        add(
                make.one(
                        "LayerNormalization",
                        List.of(make.in(2, 3, 4), make.weight(4), make.weight(4))));
        add(
                make.many(
                        "LayerNormalization",
                        3,
                        List.of(make.in(2, 3, 4), make.weight(3, 4)),
                        integer("axis", 1)));
        if (opset >= 23) {
            add(make.one("RMSNormalization", List.of(make.in(2, 3, 4), make.weight(4))));
        }
        add(make.one("LpNormalization", List.of(make.in(2, 3)), integer("p", 1)));
        add(make.one("LRN", List.of(make.in(2, 5, 3, 3)), integer("size", 3)));
        add(make.one("MeanVarianceNormalization", List.of(make.in(2, 3, 4, 4))));
    }

    private void convolutions() {
        add(make.one("Conv", List.of(make.in(2, 3, 9, 8), make.weight(4, 3, 3, 3))));
        add(
                make.one(
                        "Conv",
                        List.of(make.in(1, 4, 9, 8), make.weight(6, 2, 3, 3), make.weight(6)),
                        integer("group", 2),
                        integers("pads", 1, 0, 2, 1),
                        integers("strides", 2, 3),
                        integers("dilations", 2, 1)));
        for (String auto : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
            add(
                    make.one(
                            "Conv",
                            List.of(make.in(1, 2, 7, 8), make.weight(2, 1, 3, 2)),
                            integer("group", 2),
                            text("auto_pad", auto),
                            integers("strides", 2, 2),
                            integers("kernel_shape", 3, 2)));
        }
        add(make.one("Conv", List.of(make.in(1, 2, 9), make.weight(3, 2, 4))));
        add(make.one("Conv", List.of(make.in(1, 1, 4, 5, 6), make.weight(2, 1, 2, 2, 2))));
        add(make.one("ConvTranspose", List.of(make.in(1, 3, 5, 4), make.weight(3, 2, 3, 3))));
        add(
                make.one(
                        "ConvTranspose",
                        List.of(make.in(1, 4, 5, 4), make.weight(4, 2, 3, 3), make.weight(4)),
                        integer("group", 2),
                        integers("strides", 2, 3),
                        integers("pads", 1, 0, 1, 1),
                        integers("dilations", 1, 2),
                        integers("output_padding", 1, 0)));
        add(
                make.one(
                        "ConvTranspose",
                        List.of(make.in(1, 3, 5, 4), make.weight(3, 2, 3, 3)),
                        integers("strides", 2, 2),
                        text("auto_pad", "SAME_UPPER")));
        add(
                make.one(
                        "ConvTranspose",
                        List.of(make.in(1, 3, 5, 4), make.weight(3, 2, 3, 3)),
                        integers("strides", 2, 2),
                        integers("output_shape", 10, 9)));
    }

    private void pools() {
        add(
                make.one(
                        "MaxPool",
                        List.of(make.in(1, 2, 9, 8)),
                        integers("kernel_shape", 3, 2),
                        integers("strides", 2, 2),
                        integers("pads", 1, 0, 1, 1)));
        add(
                make.many(
                        "MaxPool",
                        2,
                        List.of(make.in(1, 2, 9, 8)),
                        integers("kernel_shape", 3, 3),
                        integers("dilations", 2, 1)));
        for (int size = 5; size < 10; size++) {
            for (int pad = 0; pad < 2; pad++) {
                for (String name : List.of("MaxPool", "AveragePool")) {
                    add(
                            make.one(
                                    name,
                                    List.of(make.in(1, 2, size, size + 1)),
                                    integers("kernel_shape", 3, 2),
                                    integers("strides", 2, 3),
                                    integers("pads", pad, 0, pad, pad),
                                    integer("ceil_mode", 1)));
                }
            }
        }
        add(
                make.one(
                        "AveragePool",
                        List.of(make.in(1, 2, 9, 8)),
                        integers("kernel_shape", 3, 3),
                        integers("pads", 1, 1, 1, 1),
                        integer("count_include_pad", 1)));
        add(
                make.one(
                        "AveragePool",
                        List.of(make.in(1, 2, 9, 8)),
                        integers("kernel_shape", 2, 3),
                        integers("strides", 2, 2),
                        text("auto_pad", "SAME_UPPER")));
        if (opset >= 19) {
            add(
                    make.one(
                            "AveragePool",
                            List.of(make.in(1, 2, 9, 8)),
                            integers("kernel_shape", 2, 3),
                            integers("dilations", 2, 2)));
        }
        add(
                make.one(
                        "LpPool",
                        List.of(make.in(1, 2, 9, 8)),
                        integers("kernel_shape", 2, 3),
                        integers("strides", 2, 2)));
        add(make.one("GlobalAveragePool", List.of(make.in(2, 3, 4, 5))));
        add(make.one("GlobalMaxPool", List.of(make.in(2, 3, 4, 5))));
    }

    private void matrices() {
        add(
                make.one(
                        "Gemm",
                        List.of(make.in(2, 3), make.weight(4, 3), make.weight(4)),
                        integer("transB", 1)));
        add(
                make.one(
                        "Gemm",
                        List.of(make.in(3, 2), make.in(3, 4), make.in(2, 1)),
                        integer("transA", 1),
                        floating("alpha", 0.5f),
                        floating("beta", 2)));
        add(make.one("Gemm", List.of(make.in(2, 3), make.weight(3, 4))));
        add(make.one("MatMul", List.of(make.in(2, 3), make.weight(3, 4))));
        add(make.one("MatMul", List.of(make.in(2, 1, 3, 4), make.in(5, 4, 2))));
        add(make.one("MatMul", List.of(make.in(4), make.in(2, 4, 3))));
        add(make.one("MatMul", List.of(make.in(2, 3, 4), make.in(4))));
        add(make.one("MatMul", List.of(make.in(4), make.in(4))));
        add(
                make.one(
                        "Einsum",
                        List.of(make.in(2, 3, 4), make.in(2, 4, 5)),
                        text("equation", "bij, bjk -> bik")));
    }

    private void reductions() {
        for (String name :
                List.of(
                        "ReduceSum",
                        "ReduceMean",
                        "ReduceMax",
                        "ReduceMin",
                        "ReduceProd",
                        "ReduceL1",
                        "ReduceL2",
                        "ReduceLogSumExp",
                        "ReduceSumSquare",
                        "ReduceLogSum")) {
            Argument in = make.within(0.5, 2, 2, 3, 4);
            add(make.one(name, List.of(in)));
            boolean asInput = opset >= 18 || name.equals("ReduceSum");
            if (asInput) {
                add(make.one(name, List.of(in, make.longs(-1, 0)), integer("keepdims", 0)));
                add(make.one(name, List.of(in), integer("noop_with_empty_axes", 1)));
            } else {
                add(make.one(name, List.of(in), integers("axes", -1, 0), integer("keepdims", 0)));
                add(make.one(name, List.of(in), integers("axes", 1)));
            }
        }
        add(make.one("ArgMax", List.of(make.in(2, 3, 4)), integer("axis", 1)));
        add(
                make.one(
                        "ArgMin",
                        List.of(make.in(2, 3, 4)),
                        integer("axis", -1),
                        integer("keepdims", 0)));
        add(make.many("TopK", 2, List.of(make.in(2, 5), make.longs(3))));
        add(
                make.many(
                        "TopK",
                        2,
                        List.of(make.in(5, 2), make.longs(2)),
                        integer("axis", 0),
                        integer("largest", 0)));
    }

    private void structure() {
        add(make.one("Reshape", List.of(make.in(2, 3, 4), make.longs(0, -1))));
        add(make.one("Reshape", List.of(make.in(2, 3, 4), make.longs(4, 6))));
        add(make.one("Reshape", List.of(make.in(1), make.longs())));
        add(make.one("Flatten", List.of(make.in(2, 3, 4))));
        add(make.one("Flatten", List.of(make.in(2, 3, 4)), integer("axis", 0)));
        add(make.one("Flatten", List.of(make.in(2, 3, 4)), integer("axis", -1)));
        add(make.one("Transpose", List.of(make.in(2, 3, 4))));
        add(make.one("Transpose", List.of(make.in(2, 3, 4)), integers("perm", 1, 2, 0)));
        add(make.one("Squeeze", List.of(make.in(1, 3, 1), make.longs(-1))));
        add(make.one("Squeeze", List.of(make.in(1, 3, 1))));
        add(make.one("Unsqueeze", List.of(make.in(3, 2), make.longs(0, -1))));
        add(make.one("Expand", List.of(make.in(3, 1), make.longs(2, 1, 4))));
        add(make.one("Tile", List.of(make.in(2, 3), make.longs(2, 3))));
        add(
                make.one(
                        "Concat",
                        List.of(make.in(2, 3), make.in(2, 1), make.weight(2, 2)),
                        integer("axis", -1)));
        if (opset < 18) {
            add(make.many("Split", 3, List.of(make.in(2, 6)), integer("axis", 1)));
        } else {
            add(
                    make.many(
                            "Split",
                            3,
                            List.of(make.in(2, 7)),
                            integer("axis", 1),
                            integer("num_outputs", 3)));
        }
        add(make.many("Split", 2, List.of(make.in(5, 2), make.longs(1, 4))));
        for (String mode : List.of("constant", "reflect", "edge")) {
            add(
                    make.one(
                            "Pad",
                            List.of(make.in(1, 2, 4, 5), make.longs(0, 0, 1, 2, 0, 0, 2, 0)),
                            text("mode", mode)));
        }
        add(
                make.one(
                        "Pad",
                        List.of(
                                make.in(3, 4),
                                make.longs(1, -1, 0, 2),
                                make.scalar(DataType.FLOAT, 7))));
        if (opset >= 18) {
            add(
                    make.one(
                            "Pad",
                            List.of(
                                    make.in(3, 4),
                                    make.longs(1, 2),
                                    make.scalar(DataType.FLOAT, 7),
                                    make.longs(1))));
        }
        for (String mode : List.of("DCR", "CRD")) {
            add(
                    make.one(
                            "DepthToSpace",
                            List.of(make.in(1, 8, 2, 3)),
                            integer("blocksize", 2),
                            text("mode", mode)));
        }
        add(make.one("SpaceToDepth", List.of(make.in(1, 2, 4, 6)), integer("blocksize", 2)));
    }

    private void resizes() {
        Argument none = make.none();
        add(
                make.one(
                        "Resize",
                        List.of(make.in(1, 2, 4, 5), none, make.floats(1, 1, 2, 1.5f)),
                        text("mode", "nearest")));
        add(
                make.one(
                        "Resize",
                        List.of(make.in(1, 2, 5, 7), none, make.floats(1, 1, 0.6f, 0.5f)),
                        text("mode", "linear"),
                        text("coordinate_transformation_mode", "align_corners")));
        add(
                make.one(
                        "Resize",
                        List.of(make.in(1, 2, 4, 5), none, none, make.longs(1, 2, 3, 9)),
                        text("mode", "linear")));
        if (opset >= 18) {
            add(
                    make.one(
                            "Resize",
                            List.of(make.in(1, 2, 4, 5), none, none, make.longs(6, 6)),
                            text("mode", "linear"),
                            integers("axes", 2, 3),
                            text("keep_aspect_ratio_policy", "not_larger")));
            add(
                    make.one(
                            "Resize",
                            List.of(make.in(1, 2, 4, 5), none, none, make.longs(6, 6)),
                            text("mode", "linear"),
                            integers("axes", 2, 3),
                            text("keep_aspect_ratio_policy", "not_smaller")));
        }
    }

    private void indexing() {
        add(make.one("Slice", List.of(make.in(5, 6), make.longs(1), make.longs(4), make.longs(1))));
        add(
                make.one(
                        "Slice",
                        List.of(
                                make.in(5, 6),
                                make.longs(-1, 1),
                                make.longs(-100, Long.MAX_VALUE),
                                make.longs(0, 1),
                                make.longs(-2, 3))));
        add(make.one("Slice", List.of(make.in(5, 6), make.longs(0, -3), make.longs(99, -1))));
        add(make.one("Gather", List.of(make.in(5, 6), make.longs(0, -1, 2))));
        add(make.one("Gather", List.of(make.in(5, 6), make.integer(3)), integer("axis", 1)));
        add(
                make.one(
                        "GatherElements",
                        List.of(
                                make.in(2, 3),
                                new Argument(
                                        Constant.of("", new long[] {0, 1, 1, 0}, 2, 2), false)),
                        integer("axis", 1)));
        add(
                make.one(
                        "GatherND",
                        List.of(
                                make.in(2, 3, 4),
                                new Argument(
                                        Constant.of("", new long[] {0, 1, 1, 0}, 2, 2), false))));
        add(
                make.one(
                        "ScatterElements",
                        List.of(
                                make.in(2, 3),
                                new Argument(Constant.of("", new long[] {0, 1, 1, 0}, 2, 2), false),
                                make.weight(2, 2)),
                        integer("axis", 1)));
        add(
                make.one(
                        "ScatterND",
                        List.of(
                                make.in(4, 3),
                                new Argument(Constant.of("", new long[] {0, 2}, 2, 1), false),
                                make.weight(2, 3))));
        add(
                make.one(
                        "OneHot",
                        List.of(make.in(DataType.INT64, 2, 3), make.integer(4), make.floats(0, 1)),
                        integer("axis", 1)));
        add(make.one("NonZero", List.of(make.in(DataType.BOOL, 3, 4))));
        add(make.one("GridSample", List.of(make.in(1, 2, 4, 5), make.within(-1, 1, 1, 3, 6, 2))));
        add(
                make.one(
                        "NonMaxSuppression",
                        List.of(
                                make.within(0, 1, 1, 6, 4),
                                make.within(0, 1, 1, 2, 6),
                                make.longs(2))));
    }

    private void sources() {
        add(make.one("Shape", List.of(make.in(2, 3, 4))));
        add(make.one("Shape", List.of(make.in(2, 3, 4)), integer("start", 1)));
        add(make.one("Shape", List.of(make.in(2, 3, 4)), integer("start", -2), integer("end", -1)));
        add(make.one("Size", List.of(make.in(2, 3, 4))));
        add(
                make.one(
                        "ConstantOfShape",
                        List.of(make.longs(2, 3)),
                        Attribute.tensor("value", Constant.of("v", new long[] {7}, 1))));
        add(make.one("ConstantOfShape", List.of(make.longs(2))));
        add(make.one("Range", List.of(make.integer(1), make.integer(9), make.integer(3))));
        add(make.one("Range", List.of(make.integer(9), make.integer(1), make.integer(-3))));
        add(
                make.one(
                        "EyeLike",
                        List.of(make.in(3, 4)),
                        integer("k", 1),
                        integer("dtype", DataType.INT64.getNumber())));
    }

    private void quantized() {
        Argument scale = make.scalar(DataType.FLOAT, 0.02);
        Argument zero = make.scalar(DataType.UINT8, 128);
        Argument signed = make.scalar(DataType.INT8, 0);
        add(make.one("QuantizeLinear", List.of(make.in(2, 3), scale, zero)));
        add(make.one("QuantizeLinear", List.of(make.in(2, 3), scale)));
        add(
                make.one(
                        "QuantizeLinear",
                        List.of(
                                make.in(2, 3, 4),
                                make.floats(0.1f, 0.2f, 0.3f),
                                make.filled(DataType.INT8, 0, 3)),
                        integer("axis", 1)));
        add(make.one("DequantizeLinear", List.of(make.in(DataType.UINT8, 2, 3), scale, zero)));
        add(
                make.one(
                        "DequantizeLinear",
                        List.of(make.in(DataType.INT8, 4, 3), make.floats(0.1f, 0.2f, 0.3f, 0.4f)),
                        integer("axis", 0)));
        add(make.many("DynamicQuantizeLinear", 3, List.of(make.in(2, 3))));
        add(
                make.one(
                        "QLinearConv",
                        List.of(
                                make.in(DataType.UINT8, 1, 3, 6, 6),
                                scale,
                                zero,
                                make.constant(DataType.INT8, 4, 3, 3, 3),
                                scale,
                                signed,
                                scale,
                                zero),
                        integers("pads", 1, 1, 1, 1)));
        add(
                make.one(
                        "ConvInteger",
                        List.of(
                                make.in(DataType.UINT8, 1, 3, 6, 6),
                                make.constant(DataType.UINT8, 4, 3, 3, 3))));
        add(
                make.one(
                        "QLinearMatMul",
                        List.of(
                                make.in(DataType.UINT8, 2, 3),
                                scale,
                                zero,
                                make.constant(DataType.INT8, 3, 4),
                                scale,
                                signed,
                                scale,
                                zero)));
        add(
                make.one(
                        "MatMulInteger",
                        List.of(
                                make.in(DataType.UINT8, 2, 3),
                                make.constant(DataType.INT8, 3, 4))));
    }
}
