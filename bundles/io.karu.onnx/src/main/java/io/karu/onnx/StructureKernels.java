package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Operators that move elements of constants, and those that make tensors of sizes. */
final class StructureKernels {
    private StructureKernels() {}

    /** The same elements in the output's shape. */
    static List<Constant> reshaped(Call call, List<Fact> outputs) {
        return List.of(call.constant(0).shaped(outputs.get(0).shape().sizes()));
    }

    static List<Constant> transpose(Call call, List<Fact> outputs) {
        long[] own = Indices.strides(call.constant(0).shape().sizes());
        int[] permutation = StructureRules.permutation(call);
        long[] steps = new long[permutation.length];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = own[permutation[i]];
        }
        long[] shape = outputs.get(0).shape().sizes();
        return List.of(Indices.pick(call.constant(0), shape, Indices.strided(shape, 0, steps)));
    }

    static List<Constant> expand(Call call, List<Fact> outputs) {
        long[] shape = outputs.get(0).shape().sizes();
        int[] from = Indices.broadcast(call.constant(0).shape().sizes(), shape);
        return List.of(Indices.pick(call.constant(0), shape, from));
    }

    static List<Constant> concat(Call call, List<Fact> outputs) {
        long[] shape = outputs.get(0).shape().sizes();
        int axis = call.axis(call.node().integer("axis", 0), shape.length);
        List<Constant> parts = new ArrayList<>();
        int[] which = new int[Math.toIntExact(Shape.elements(shape))];
        int[] where = new int[which.length];
        long inner = 1;
        for (int i = axis + 1; i < shape.length; i++) {
            inner *= shape[i];
        }
        long row = inner * shape[axis];
        long before = 0;
        for (int k = 0; k < call.inputs(); k++) {
            Constant part = call.constant(k);
            parts.add(part);
            long length = part.shape().size(axis) * inner;
            for (int i = 0; i < part.elements(); i++) {
                int at = (int) (i / length * row + before + i % length);
                which[at] = k;
                where[at] = i;
            }
            before += length;
        }
        return List.of(
                Indices.pick(parts.get(0).type(), shape, parts, i -> which[i], i -> where[i]));
    }

    static List<Constant> split(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        int axis = call.axis(call.node().integer("axis", 0), x.shape().rank());
        long[] steps = Indices.strides(x.shape().sizes());
        List<Constant> parts = new ArrayList<>();
        long start = 0;
        for (Fact output : outputs) {
            long[] shape = output.shape().sizes();
            parts.add(Indices.pick(x, shape, Indices.strided(shape, start, steps)));
            start += shape[axis] * steps[axis];
        }
        return parts;
    }

    static List<Constant> slice(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        long[] starts = call.longs(1);
        long[] ends = call.longs(2);
        long[] steps = Indices.strides(x.shape().sizes());
        long start = 0;
        for (int i = 0; i < starts.length; i++) {
            int axis = call.has(3) ? call.axis(call.longs(3)[i], x.shape().rank()) : i;
            long step = call.has(4) ? call.longs(4)[i] : 1;
            Span span = Span.of(x.shape().size(axis), starts[i], ends[i], step);
            start += span.start() * steps[axis];
            steps[axis] *= span.count() <= 1 ? 1 : step;
        }
        long[] shape = outputs.get(0).shape().sizes();
        return List.of(Indices.pick(x, shape, Indices.strided(shape, start, steps)));
    }

    static List<Constant> gather(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        int axis = call.axis(call.node().integer("axis", 0), x.shape().rank());
        long[] sizes = x.shape().sizes();
        long inner = 1;
        for (int i = axis + 1; i < sizes.length; i++) {
            inner *= sizes[i];
        }
        long[] indices = call.constant(1).longs();
        long[] shape = outputs.get(0).shape().sizes();
        int[] from = new int[Math.toIntExact(Shape.elements(shape))];
        for (int i = 0; i < from.length; i++) {
            long outer = i / (inner * indices.length);
            long index = indices[(int) (i / inner % indices.length)];
            long at = index < 0 ? index + sizes[axis] : index;
            if (at < 0 || at >= sizes[axis]) {
                throw call.misfit("takes the element " + index + " of " + sizes[axis]);
            }
            from[i] = (int) ((outer * sizes[axis] + at) * inner + i % inner);
        }
        return List.of(Indices.pick(x, shape, from));
    }

    static List<Constant> tile(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        long[] sizes = x.shape().sizes();
        long[] own = Indices.strides(sizes);
        long[] shape = outputs.get(0).shape().sizes();
        long[] wide = Indices.strides(shape);
        int[] from = new int[Math.toIntExact(Shape.elements(shape))];
        for (int i = 0; i < from.length; i++) {
            long at = 0;
            for (int axis = 0; axis < shape.length; axis++) {
                at += i / wide[axis] % shape[axis] % sizes[axis] * own[axis];
            }
            from[i] = (int) at;
        }
        return List.of(Indices.pick(x, shape, from));
    }

    static List<Constant> shape(Call call, List<Fact> outputs) {
        List<Expression> elements = outputs.get(0).elements();
        if (elements == null || !elements.stream().allMatch(Expression::isFixed)) {
            return List.of();
        }
        long[] values = elements.stream().mapToLong(Expression::value).toArray();
        return List.of(Constant.of("", DataType.INT64, values, outputs.get(0).shape().sizes()));
    }

    static List<Constant> constantOfShape(Call call, List<Fact> outputs) {
        Constant value =
                call.node().tensor("value").orElseGet(() -> Constant.of("", new float[1], 1));
        if (value.elements() != 1) {
            throw call.misfit("has a value of " + value.elements() + " elements");
        }
        long[] shape = outputs.get(0).shape().sizes();
        return List.of(Indices.pick(value, shape, new int[(int) Shape.elements(shape)]));
    }

    static List<Constant> range(Call call, List<Fact> outputs) {
        if (!ElementType.isInteger(call.type(0))) {
            return List.of();
        }
        long[] values = new long[(int) outputs.get(0).shape().elements()];
        long start = call.longs(0)[0];
        long step = call.longs(2)[0];
        for (int i = 0; i < values.length; i++) {
            values[i] = start + i * step;
        }
        return List.of(Constant.of("", call.type(0), values, values.length));
    }
}
