package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Shapes of operators that treat each element alike. */
final class ElementwiseRules {
    private ElementwiseRules() {}

    /** As many outputs as asked for, each like the first input. */
    static List<Fact> same(Call call) {
        return List.of(Fact.of(call.type(0), call.shape(0)));
    }

    /** Like the first input, with its values. */
    static List<Fact> identity(Call call) {
        return List.of(call.in(0));
    }

    /** BOOL of the first input's shape. */
    static List<Fact> test(Call call) {
        return List.of(Fact.of(DataType.BOOL, call.shape(0)));
    }

    /** Dropout: the first output like the input, the second its mask. */
    static List<Fact> dropout(Call call) {
        Constant training = call.constant(2);
        boolean random = call.has(2) && (training == null || training.doubles()[0] != 0);
        if (random) {
            throw call.refused(Code.UNSUPPORTED, "drops at random: export the model for inference");
        }
        return List.of(call.in(0), Fact.of(DataType.BOOL, call.shape(0)));
    }

    static List<Fact> cast(Call call) {
        DataType type = DataType.forNumber((int) call.node().integer("to", 0));
        if (type == null || !ElementType.isSupported(type)) {
            throw call.refused(
                    Code.UNSUPPORTED, "casts to the element type " + call.node().integer("to", 0));
        }
        return cast(call, type);
    }

    static List<Fact> castLike(Call call) {
        return cast(call, call.type(1));
    }

    private static List<Fact> cast(Call call, DataType type) {
        boolean integers = type == DataType.INT64 || type == DataType.INT32;
        return List.of(Fact.of(type, call.shape(0), integers ? call.in(0).elements() : null));
    }

    /** Arithmetic of any number of inputs. */
    static List<Fact> arithmetic(Call call) {
        return List.of(Fact.of(sameType(call, 0), broadcast(call, 0), Elements.arithmetic(call)));
    }

    /** Pow: the first input's type. */
    static List<Fact> power(Call call) {
        return List.of(Fact.of(call.type(0), broadcast(call, 0)));
    }

    static List<Fact> comparison(Call call) {
        sameType(call, 0);
        return List.of(Fact.of(DataType.BOOL, broadcast(call, 0)));
    }

    static List<Fact> where(Call call) {
        if (call.type(0) != DataType.BOOL && call.type(0) != DataType.UNDEFINED) {
            throw call.refused(
                    Code.SHAPE, call.node().input(0), "is " + call.type(0) + ", must be BOOL");
        }
        return List.of(Fact.of(sameType(call, 1), broadcast(call, 0), Elements.where(call)));
    }

    /** PRelu: the slope broadcasts to the input, not the reverse. */
    static List<Fact> slope(Call call) {
        sameType(call, 0);
        wantWithin(call, call.shape(1), call.shape(0));
        return same(call);
    }

    /** Refuses a shape that does not broadcast to another without changing that one. */
    static void wantWithin(Call call, Shape small, Shape shape) {
        if (!small.isRanked() || !shape.isRanked()) {
            return;
        }
        if (!fits(shape, broadcast(call, shape, small))) {
            throw call.misfit("has an input " + small + " that does not broadcast to " + shape);
        }
    }

    private static boolean fits(Shape shape, Shape together) {
        boolean fits = shape.rank() == together.rank();
        for (int i = 0; fits && i < shape.rank(); i++) {
            fits = shape.dimension(i).isOpen() || shape.size(i) == together.size(i);
        }
        return fits;
    }

    /** Normalisation: scale and bias have the size of the channel axis, 1. */
    static List<Fact> perChannel(Call call) {
        if (call.node().integer("training_mode", 0) != 0) {
            throw call.refused(
                    Code.UNSUPPORTED, "is in training mode: export the model for inference");
        }
        if (call.ranked(0) && call.shape(0).rank() >= 2) {
            for (int i = 1; i < call.inputs(); i++) {
                call.wantRank(i, 1);
                if (call.ranked(i)) {
                    call.same(
                            call.shape(0).dimension(1),
                            call.shape(i).dimension(0),
                            "channels of "
                                    + call.node().input(0)
                                    + " and size of "
                                    + call.node().input(i));
                }
            }
        } else if (call.ranked(0)) {
            throw call.misfit("has the input " + call.shape(0) + ", without a channel axis");
        }
        return same(call);
    }

    /** LayerNormalization: mean and inverse deviation keep the leading axes. */
    static List<Fact> layerNormalization(Call call) {
        Shape shape = call.shape(0);
        List<Fact> facts = new ArrayList<>(same(call));
        Shape statistics = Shape.UNRANKED;
        if (shape.isRanked()) {
            int axis = call.axis(call.node().integer("axis", -1), shape.rank());
            statistics = shape;
            for (int i = axis; i < shape.rank(); i++) {
                statistics = statistics.with(i, Dimension.of(1));
            }
            if (call.ranked(1)) {
                wantWithin(call, call.shape(1), shape);
            }
        }
        facts.add(Fact.of(DataType.FLOAT, statistics));
        facts.add(Fact.of(DataType.FLOAT, statistics));
        return facts;
    }

    static List<Fact> rmsNormalization(Call call) {
        wantWithin(call, call.shape(1), call.shape(0));
        return alongAxis(call);
    }

    /** An operator along an axis that must exist. */
    static List<Fact> alongAxis(Call call) {
        if (call.ranked(0)) {
            int rank = call.shape(0).rank();
            if (rank > 0 || call.node().has("axis")) {
                call.axis(call.node().integer("axis", -1), Math.max(1, rank));
            }
        }
        return same(call);
    }

    private static DataType sameType(Call call, int first) {
        DataType type = DataType.UNDEFINED;
        for (int i = first; i < call.inputs(); i++) {
            DataType other = call.type(i);
            if (type == DataType.UNDEFINED) {
                type = other;
            } else if (other != DataType.UNDEFINED && other != type) {
                throw call.refused(
                        Code.SHAPE,
                        call.node().input(i),
                        "is " + other + ", must be " + type + " as the input before");
            }
        }
        return type;
    }

    private static Shape broadcast(Call call, int first) {
        Shape shape = call.shape(first);
        for (int i = first + 1; i < call.inputs(); i++) {
            shape = broadcast(call, shape, call.shape(i));
        }
        return shape;
    }

    /** Shape of two tensors together under ONNX's multidirectional broadcasting. */
    static Shape broadcast(Call call, Shape first, Shape second) {
        if (!first.isRanked() || !second.isRanked()) {
            return Shape.UNRANKED;
        }
        int rank = Math.max(first.rank(), second.rank());
        List<Dimension> dimensions = new ArrayList<>(rank);
        for (int axis = 0; axis < rank; axis++) {
            Dimension a = aligned(first, axis - rank + first.rank());
            Dimension b = aligned(second, axis - rank + second.rank());
            if (a.size() == 1 || b.size() == 1) {
                dimensions.add(a.size() == 1 ? b : a);
            } else if (a.isOpen() && b.isOpen()) {
                dimensions.add(a.isSameAs(b) ? a : Dimension.UNKNOWN);
            } else if (a.isOpen() || b.isOpen()) {
                dimensions.add(a.isOpen() ? b : a);
            } else if (a.size() == b.size()) {
                dimensions.add(a);
            } else {
                throw call.misfit(
                        "has inputs of the shapes "
                                + first
                                + " and "
                                + second
                                + ", which do not broadcast");
            }
        }
        return Shape.of(dimensions);
    }

    private static Dimension aligned(Shape shape, int axis) {
        return axis < 0 ? Dimension.of(1) : shape.dimension(axis);
    }
}
