package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Where the elements of a tensor come from, and tensors put together from such indices. */
final class Indices {
    private Indices() {}

    /** Distance of neighbours along each axis of a row-major tensor. */
    static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    /** Index into a tensor of one shape for each element of the shape that it broadcasts to. */
    static int[] broadcast(long[] from, long[] to) {
        long[] own = strides(from);
        long[] steps = new long[to.length];
        for (int i = 0; i < from.length; i++) {
            int axis = to.length - from.length + i;
            steps[axis] = from[i] == 1 ? 0 : own[i];
        }
        return strided(to, 0, steps);
    }

    /** Indices that start at one and move by a step along each axis. */
    static int[] strided(long[] shape, long start, long[] steps) {
        int[] indices = new int[Math.toIntExact(Shape.elements(shape))];
        long[] position = new long[shape.length];
        long at = start;
        for (int i = 0; i < indices.length; i++) {
            indices[i] = (int) at;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                at += steps[axis];
                if (++position[axis] < shape[axis]) {
                    break;
                }
                at -= steps[axis] * shape[axis];
                position[axis] = 0;
            }
        }
        return indices;
    }

    /** A tensor of elements of another. */
    static Constant pick(Constant from, long[] shape, int[] indices) {
        return pick(from.type(), shape, List.of(from), i -> 0, i -> indices[i]);
    }

    /** A tensor of elements of several others: for each, which one and where in it. */
    static Constant pick(
            DataType type,
            long[] shape,
            List<Constant> from,
            IntUnaryOperator which,
            IntUnaryOperator where) {
        int size = ElementType.bits(type) / 8;
        int elements = Math.toIntExact(Shape.elements(shape));
        List<ByteBuffer> sources = from.stream().map(Constant::raw).toList();
        ByteBuffer raw = ByteBuffer.allocate(Math.multiplyExact(elements, size));
        for (int i = 0; i < elements; i++) {
            ByteBuffer source = sources.get(which.applyAsInt(i));
            raw.put(raw.position(), source, where.applyAsInt(i) * size, size);
            raw.position(raw.position() + size);
        }
        return Constant.of("", type, raw.rewind(), shape);
    }
}
