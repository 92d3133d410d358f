package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Operators that move values without changing them. */
final class ShapeOperators {
    private ShapeOperators() {}

    static void register(Map<String, Operator> operators) {
        put(operators, "Reshape", ShapeOperators::reshape);
        put(operators, "Flatten", ShapeOperators::flatten);
        put(operators, "Squeeze", ShapeOperators::squeeze);
        put(operators, "Unsqueeze", ShapeOperators::unsqueeze);
        put(operators, "Transpose", ShapeOperators::transpose);
        put(operators, "Slice", ShapeOperators::slice);
        put(operators, "Gather", ShapeOperators::gather);
        put(operators, "Pad", ShapeOperators::pad);
        put(operators, "Expand", ShapeOperators::expand);
        put(operators, "Tile", call -> call.in(0).tile(call.longs(1)));
        put(operators, "DepthToSpace", ShapeOperators::depthToSpace);
        put(operators, "SpaceToDepth", ShapeOperators::spaceToDepth);
        put(
                operators,
                "Concat",
                call -> NDArrays.concat(new NDList(call.inputs()), call.axis("axis", 0)));
        put(operators, "Shape", ShapeOperators::shape);
        put(operators, "Size", call -> call.constant(call.in(0).size()).reshape(new Shape()));
        put(operators, "ConstantOfShape", ShapeOperators::constantOfShape);
        put(operators, "Range", ShapeOperators::range);
        operators.put("Split", ShapeOperators::split);
    }

    private static NDArray reshape(Call call) {
        long[] shape = call.longs("shape", 1).clone();
        if (call.node.integer("allowzero", 0) == 0) {
            for (int i = 0; i < shape.length; i++) {
                if (shape[i] == 0) {
                    shape[i] = call.shape().get(i);
                }
            }
        }
        return call.in(0).reshape(shape);
    }

    private static NDArray flatten(Call call) {
        int axis = call.axis("axis", 1);
        long rows = call.shape().slice(0, axis).size();
        return call.in(0).reshape(rows, call.in(0).size() / Math.max(1, rows));
    }

    private static NDArray squeeze(Call call) {
        long[] axes = call.longs("axes", 1);
        long[] shape = call.shape().getShape();
        IntStream kept =
                axes == null
                        ? IntStream.range(0, shape.length).filter(i -> shape[i] != 1)
                        : IntStream.range(0, shape.length)
                                .filter(
                                        i ->
                                                LongStream.of(axes)
                                                        .noneMatch(axis -> call.axis(axis) == i));
        return call.in(0).reshape(kept.mapToLong(i -> shape[i]).toArray());
    }

    private static NDArray unsqueeze(Call call) {
        long[] axes = call.longs("axes", 1);
        int rank = call.rank() + axes.length;
        long[] shape = new long[rank];
        for (long axis : axes) {
            shape[(int) (axis < 0 ? axis + rank : axis)] = 1;
        }
        int next = 0;
        for (int i = 0; i < rank; i++) {
            if (shape[i] == 0) {
                shape[i] = call.shape().get(next++);
            }
        }
        return call.in(0).reshape(shape);
    }

    private static NDArray transpose(Call call) {
        long[] order = call.integers("perm");
        int[] axes =
                order == null
                        ? IntStream.range(0, call.rank()).map(i -> call.rank() - 1 - i).toArray()
                        : LongStream.of(order).mapToInt(axis -> (int) axis).toArray();
        return call.in(0).transpose(axes);
    }

    private static NDArray slice(Call call) {
        long[] starts = call.longs("starts", 1);
        long[] ends = call.longs("ends", 2);
        long[] axes = call.longs("axes", 3);
        long[] steps = call.longs(4);
        NDArray result = call.in(0);
        for (int i = 0; i < starts.length; i++) {
            int axis = axes == null ? i : call.axis(axes[i]);
            result = slice(result, axis, starts[i], ends[i], steps == null ? 1 : steps[i]);
        }
        return result;
    }

    /** PyTorch has no negative steps: the axis is mirrored and its ends counted from behind. */
    private static NDArray slice(NDArray input, int axis, long start, long end, long step) {
        long size = input.getShape().get(axis);
        if (step < 0) {
            long first = Math.max(-1, Math.min(size - 1, start < 0 ? start + size : start));
            long last = end < -size ? -1 : Math.min(size - 1, end < 0 ? end + size : end);
            return slice(input.flip(axis), axis, size - 1 - first, size - 1 - last, -step);
        }
        long first = Math.max(0, Math.min(size, start < 0 ? start + size : start));
        long last = Math.max(first, Math.min(size, end < 0 ? end + size : end));
        return first == 0 && last == size && step == 1
                ? input
                : JniUtils.slice((PtNDArray) input, axis, first, last, step);
    }

    private static NDArray gather(Call call) {
        int axis = call.axis("axis", 0);
        NDArray indices = call.in(1);
        NDArray flat = indices.toType(DataType.INT64, false).reshape(-1);
        Shape source = call.shape();
        Shape shape =
                source.slice(0, axis).addAll(indices.getShape()).addAll(source.slice(axis + 1));
        return pick(call.in(0), axis, flat).reshape(shape);
    }

    /** The given positions of an axis, in the given order. */
    static NDArray pick(NDArray input, int axis, NDArray positions) {
        return input.get(new NDIndex(":,".repeat(axis) + "{}", positions));
    }

    private static NDArray pad(Call call) {
        String mode = call.node.text("mode", "constant");
        long[] pads = call.longs("pads", 1);
        int rank = call.rank();
        long[] begins = new long[rank];
        long[] ends = new long[rank];
        long[] axes = call.longs(3);
        int given = axes == null ? rank : axes.length;
        for (int i = 0; i < given; i++) {
            int axis = axes == null ? i : call.axis(axes[i]);
            begins[axis] = pads[i];
            ends[axis] = pads[given + i];
        }
        if (mode.equals("constant")) {
            return Window.pad(call.in(0), begins, ends, call.number("value", 2, 0));
        }
        NDArray result = call.in(0);
        for (int axis = 0; axis < rank; axis++) {
            if (begins[axis] != 0 || ends[axis] != 0) {
                long[] positions = positions(call, mode, axis, begins[axis], ends[axis]);
                result = pick(result, axis, call.constant(positions));
            }
        }
        return result;
    }

    private static long[] positions(Call call, String mode, int axis, long begin, long end) {
        long size = call.shape().get(axis);
        return LongStream.range(-begin, size + end)
                .map(
                        i ->
                                switch (mode) {
                                    case "edge" -> Math.max(0, Math.min(size - 1, i));
                                    case "wrap" -> Math.floorMod(i, size);
                                    case "reflect" -> {
                                        long period = Math.max(1, 2 * (size - 1));
                                        long place = Math.floorMod(i, period);
                                        yield Math.min(place, period - place);
                                    }
                                    default -> throw call.unsupported("mode " + mode);
                                })
                .toArray();
    }

    private static NDArray expand(Call call) {
        return call.in(0).broadcast(broadcast(call.shape(), new Shape(call.longs(1))));
    }

    /** The shape that both broadcast to. */
    static Shape broadcast(Shape one, Shape other) {
        int rank = Math.max(one.dimension(), other.dimension());
        long[] result = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long own = i <= one.dimension() ? one.get(one.dimension() - i) : 1;
            long given = i <= other.dimension() ? other.get(other.dimension() - i) : 1;
            result[rank - i] = own == 1 ? given : own;
        }
        return new Shape(result);
    }

    private static NDArray depthToSpace(Call call) {
        long block = call.node.integer("blocksize", 1);
        long[] s = call.shape().getShape();
        long depth = s[1] / (block * block);
        boolean columnFirst = call.node.text("mode", "DCR").equals("CRD");
        NDArray parts =
                columnFirst
                        ? call.in(0)
                                .reshape(s[0], depth, block, block, s[2], s[3])
                                .transpose(0, 1, 4, 2, 5, 3)
                        : call.in(0)
                                .reshape(s[0], block, block, depth, s[2], s[3])
                                .transpose(0, 3, 4, 1, 5, 2);
        return parts.reshape(s[0], depth, s[2] * block, s[3] * block);
    }

    private static NDArray spaceToDepth(Call call) {
        long block = call.node.integer("blocksize", 1);
        long[] s = call.shape().getShape();
        return call.in(0)
                .reshape(s[0], s[1], s[2] / block, block, s[3] / block, block)
                .transpose(0, 3, 5, 1, 2, 4)
                .reshape(s[0], s[1] * block * block, s[2] / block, s[3] / block);
    }

    private static NDArray shape(Call call) {
        long[] shape = call.shape().getShape();
        int start = bound(call.node.integer("start", 0), shape.length);
        int end = bound(call.node.integer("end", shape.length), shape.length);
        return call.constant(Arrays.copyOfRange(shape, start, Math.max(start, end)));
    }

    private static int bound(long position, int rank) {
        return (int) Math.max(0, Math.min(rank, position < 0 ? position + rank : position));
    }

    private static NDArray constantOfShape(Call call) {
        Shape shape = new Shape(call.longs(0));
        if (!call.node.has("value")) {
            return call.session.manager().zeros(shape, DataType.FLOAT32);
        }
        NDArray value =
                Tensors.read(call.session.manager(), call.node.tensor("value").orElseThrow());
        return shape.dimension() == 0 ? value.reshape(shape) : value.broadcast(shape);
    }

    private static NDArray range(Call call) {
        DataType type = call.in(0).getDataType();
        double start = call.number(0);
        double end = call.number(1);
        double step = call.number(2);
        int count = (int) Math.max(0, Math.ceil((end - start) / step));
        double[] values = new double[count];
        Arrays.setAll(values, i -> start + i * step);
        return Tensors.own(call.session.manager().create(values)).toType(type, false);
    }

    private static NDList split(Call call) {
        int axis = call.axis("axis", 0);
        long[] sizes = call.longs("split", 1);
        int parts = call.node.outputs().size();
        if (sizes == null) {
            long size = call.shape().get(axis);
            long each = (size + parts - 1) / parts;
            sizes = new long[parts];
            for (int i = 0; i < parts; i++) {
                sizes[i] = Math.min(each, size - i * each);
            }
        }
        NDList result = new NDList();
        long start = 0;
        for (long size : sizes) {
            result.add(JniUtils.slice((PtNDArray) call.in(0), axis, start, start + size, 1));
            start += size;
        }
        return result;
    }

    private static void put(Map<String, Operator> operators, String name, Operator.Single single) {
        operators.put(name, single);
    }
}
