package io.karu.models.kura;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.kura.ai.inference.Tensor;

/** One input as Kura gives it, brought to the full shape and the bytes that the model takes. */
record KuraInput(String name, List<Long> shape, ByteBuffer data) {

    /** IllegalArgumentException says what does not fit. */
    static KuraInput of(TensorInfo input, Tensor tensor, GrayDecoder images) {
        List<Object> elements =
                tensor.getData(Object.class)
                        .orElseThrow(() -> new IllegalArgumentException("has no elements"));
        List<Long> given = tensor.getDescriptor().getShape();
        boolean full = !given.isEmpty() && given.stream().allMatch(dimension -> dimension > 0);
        boolean raw = tensor.getType() == Byte.class;
        ByteBuffer data = bytes(elements, raw ? ElementType.INT8 : input.type());
        if (!full && raw && takesAnyImage(input)) {
            return image(input, data, images);
        }
        KuraInput result = new KuraInput(input.name(), full ? given : shape(input, data), data);
        result.requireSize(input.type());
        return result;
    }

    /** Fills the tensor, which has this input's shape. */
    void write(io.karu.api.inference.Tensor tensor) {
        tensor.data().clear();
        tensor.data().put(data.duplicate());
        tensor.data().clear();
    }

    private static boolean takesAnyImage(TensorInfo input) {
        return input.type() == ElementType.UINT8 && input.shape().equals(List.of(1L, 1L, -1L, -1L));
    }

    private static KuraInput image(TensorInfo input, ByteBuffer file, GrayDecoder images) {
        try {
            GrayImage image = new GrayImage();
            images.decode(file, image);
            ByteBuffer pixels = ByteBuffer.wrap(image.pixels(), 0, image.width() * image.height());
            return new KuraInput(
                    input.name(),
                    List.of(1L, 1L, (long) image.height(), (long) image.width()),
                    pixels);
        } catch (IOException | LinkageError e) {
            throw new IllegalArgumentException(
                    "give an image file, or raw pixels with the full shape in the descriptor: "
                            + e.getMessage());
        }
    }

    private static List<Long> shape(TensorInfo input, ByteBuffer data) {
        long known = input.type().bytes();
        int open = -1;
        for (int i = 0; i < input.shape().size(); i++) {
            if (input.shape().get(i) > 0) {
                known *= input.shape().get(i);
            } else if (open >= 0) {
                throw new IllegalArgumentException(
                        input.shape()
                                + " leaves more than one dimension open; give the full shape in the descriptor");
            } else {
                open = i;
            }
        }
        List<Long> shape = new ArrayList<>(input.shape());
        if (open >= 0) {
            shape.set(open, Math.max(1, data.remaining() / known));
        }
        return shape;
    }

    private void requireSize(ElementType type) {
        long needed = type.bytes();
        for (long dimension : shape) {
            needed *= dimension;
        }
        if (needed != data.remaining()) {
            throw new IllegalArgumentException(
                    shape
                            + " of "
                            + type
                            + " takes "
                            + needed
                            + " bytes, was given "
                            + data.remaining());
        }
    }

    private static ByteBuffer bytes(List<Object> elements, ElementType type) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.multiplyExact(elements.size(), type.bytes()))
                        .order(ByteOrder.nativeOrder());
        for (Object element : elements) {
            Number number = number(element);
            switch (type) {
                case FLOAT -> buffer.putFloat(number.floatValue());
                case UINT8, INT8, BOOL -> buffer.put(number.byteValue());
                case INT32 -> buffer.putInt(number.intValue());
                case INT64 -> buffer.putLong(number.longValue());
            }
        }
        return buffer.flip();
    }

    private static Number number(Object element) {
        if (element instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        if (element instanceof Number number) {
            return number;
        }
        throw new IllegalArgumentException(
                "elements of type "
                        + (element == null ? null : element.getClass().getSimpleName())
                        + " cannot be used");
    }
}
