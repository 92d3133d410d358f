package io.karu.engine.onnx;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceException.Code;
import io.karu.api.inference.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Full shapes from what the graph leaves open and what the caller gives. */
final class Shapes {
    private Shapes() {}

    /** The inputs with every dimension known. TENSOR_MISMATCH names the tensor and both shapes. */
    static List<TensorInfo> resolve(List<TensorInfo> inputs, Map<String, List<Long>> given)
            throws InferenceException {
        Set<String> unknown = new TreeSet<>(given.keySet());
        List<TensorInfo> resolved = new ArrayList<>();
        for (TensorInfo input : inputs) {
            unknown.remove(input.name());
            List<Long> shape = given.getOrDefault(input.name(), input.shape());
            requireFits(input, shape);
            resolved.add(new TensorInfo(input.name(), input.type(), shape));
        }
        if (!unknown.isEmpty()) {
            throw mismatch(
                    "no input is named "
                            + String.join(", ", unknown)
                            + "; the graph has "
                            + inputs.stream()
                                    .map(TensorInfo::name)
                                    .collect(Collectors.joining(", ")));
        }
        return resolved;
    }

    /** Size of a tensor in bytes. TENSOR_MISMATCH when it exceeds what one buffer can hold. */
    static int bytes(TensorInfo tensor) throws InferenceException {
        try {
            long bytes = tensor.type().bytes();
            for (long dimension : tensor.shape()) {
                bytes = Math.multiplyExact(bytes, dimension);
            }
            return Math.toIntExact(bytes);
        } catch (ArithmeticException e) {
            throw mismatch(tensor.name() + " " + tensor.shape() + " is larger than 2 GiB");
        }
    }

    private static void requireFits(TensorInfo input, List<Long> shape) throws InferenceException {
        boolean fits = shape.size() == input.shape().size();
        for (int i = 0; fits && i < shape.size(); i++) {
            long wanted = input.shape().get(i);
            if (shape.get(i) < 1) {
                throw mismatch(
                        "input "
                                + input.name()
                                + " "
                                + input.shape()
                                + " leaves dimensions open; give a full shape, was "
                                + shape);
            }
            fits = wanted == -1 || wanted == shape.get(i);
        }
        if (!fits) {
            throw mismatch(
                    "input " + input.name() + " is " + input.shape() + ", was given " + shape);
        }
    }

    private static InferenceException mismatch(String message) {
        return new InferenceException(Code.TENSOR_MISMATCH, message);
    }
}
