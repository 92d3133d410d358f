package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.TensorType;
import io.karu.onnx.proto.TensorProto;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An ONNX graph as a trainable DJL block: its nodes are executed one by one with differentiable
 * operations, its weights are parameters under the names of the ONNX constants, and {@link
 * #writeBack} gives the same graph with the weights of now.
 *
 * <p>Which constants are parameters: weights of Conv, ConvTranspose, Gemm, MatMul, PRelu and the
 * normalisations (also behind a pair of QuantizeLinear and DequantizeLinear, which pass gradients
 * straight through), vectors and position embeddings that are added or multiplied after the first
 * weight, and the running statistics of BatchNormalization, which have no gradient. {@link #train}
 * adds others. The list of operators is in {@code docs/trainable-operators.md}; a graph with
 * another one is refused, naming the node.
 *
 * <p>Owns its parameters: close it. Not thread-safe; PyTorch has one gradient collector per JVM.
 */
public final class TrainableGraph extends AbstractBlock implements AutoCloseable {
    private final Graph graph;
    private final NDManager manager;
    private final Interpreter interpreter;

    private TrainableGraph(Graph source) {
        graph = source.copy();
        manager = Torch.manager();
        Map<String, Roles.Role> roles = Roles.of(graph);
        Map<String, NDArray> fixed = new LinkedHashMap<>();
        Map<String, long[]> integers = new LinkedHashMap<>();
        for (Constant constant : graph.constants()) {
            NDArray array = Tensors.read(manager, constant);
            Roles.Role role = roles.get(constant.name());
            if (role == null) {
                fixed.put(constant.name(), array);
            } else {
                add(constant.name(), array, role == Roles.Role.WEIGHT);
            }
            if (constant.type() == TensorProto.DataType.INT64
                    || constant.type() == TensorProto.DataType.INT32) {
                integers.put(constant.name(), constant.longs());
            }
        }
        interpreter = new Interpreter(graph, fixed, integers);
    }

    /**
     * Makes a graph trainable. The graph itself is copied and not changed.
     *
     * @throws io.karu.onnx.OnnxException when it has an operator or type that cannot be trained
     */
    public static TrainableGraph of(Graph graph) {
        return new TrainableGraph(graph);
    }

    private void add(String name, NDArray array, boolean trained) {
        array.setName(name);
        Parameter parameter =
                Parameter.builder()
                        .setName(name)
                        .setType(trained ? Parameter.Type.WEIGHT : Parameter.Type.OTHER)
                        .optRequiresGrad(trained)
                        .optShape(array.getShape())
                        .optArray(array)
                        .build();
        addParameter(parameter);
        array.setRequiresGradient(trained);
    }

    /** The graph's inputs in order. */
    public List<TensorType> inputs() {
        return graph.inputs();
    }

    /** Names of the graph's outputs in order. */
    public List<String> outputs() {
        return graph.outputs().stream().map(TensorType::name).toList();
    }

    /** Names of all parameters, statistics of BatchNormalization included, in the graph's order. */
    public List<String> names() {
        return List.copyOf(parameters.keySet());
    }

    /** The parameters that receive gradients now, by name, in the graph's order. */
    public Map<String, NDArray> trained() {
        Map<String, NDArray> trained = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) -> {
                    if (parameter.getArray().hasGradient()) {
                        trained.put(name, parameter.getArray());
                    }
                });
        return trained;
    }

    /** A parameter's array. IllegalArgumentException when there is none of that name. */
    public NDArray array(String name) {
        Parameter parameter = parameters.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException(
                    "no parameter " + name + "; there are " + parameters.keySet());
        }
        return parameter.getArray();
    }

    /**
     * Takes parameters out of the training, by a pattern that finds something in their names. A
     * BatchNormalization whose scale is frozen also keeps its statistics.
     *
     * @throws IllegalArgumentException when the pattern matches no parameter
     */
    public TrainableGraph freeze(String pattern) {
        return gradients(pattern, false);
    }

    /** Takes frozen parameters into the training again; see {@link #freeze}. */
    public TrainableGraph unfreeze(String pattern) {
        return gradients(pattern, true);
    }

    private TrainableGraph gradients(String pattern, boolean trained) {
        List<Parameter> matching =
                parameters.values().stream()
                        .filter(each -> Pattern.compile(pattern).matcher(each.getName()).find())
                        .toList();
        if (matching.isEmpty()) {
            throw new IllegalArgumentException(
                    "no parameter matches " + pattern + "; there are " + parameters.keySet());
        }
        for (Parameter parameter : matching) {
            if (parameter.getType() == Parameter.Type.WEIGHT) {
                parameter.freeze(!trained);
            }
        }
        return this;
    }

    /**
     * Makes FLOAT constants trainable that are not by themselves, such as class tokens or scales of
     * QuantizeLinear (learned step sizes).
     *
     * @throws IllegalArgumentException when the pattern matches none
     */
    public TrainableGraph train(String pattern) {
        List<NDArray> arrays = interpreter.release(Pattern.compile(pattern));
        if (arrays.isEmpty()) {
            throw new IllegalArgumentException("no further FLOAT constant matches " + pattern);
        }
        arrays.forEach(array -> add(array.getName(), array, true));
        return this;
    }

    /**
     * Executes the graph.
     *
     * @param feeds arrays by name of input
     * @param values names of the values to return: outputs or any value between nodes; only what
     *     they need is executed
     * @return the values, owned by the manager
     */
    public Map<String, NDArray> forward(
            NDManager step, Map<String, NDArray> feeds, Mode mode, Collection<String> values) {
        return interpreter.run(step, feeds, mode, values, name -> parameters.get(name).getArray());
    }

    /** All outputs; see {@link #forward(NDManager, Map, Mode, Collection)}. */
    public Map<String, NDArray> forward(NDManager step, Map<String, NDArray> feeds, Mode mode) {
        return forward(step, feeds, mode, outputs());
    }

    /** As an inference engine: mode EVALUATE, without gradients. */
    public Map<String, NDArray> predict(
            NDManager step, Map<String, NDArray> feeds, Collection<String> values) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try {
            return forward(step, feeds, Mode.EVALUATE, values);
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** All outputs; see {@link #predict(NDManager, Map, Collection)}. */
    public Map<String, NDArray> predict(NDManager step, Map<String, NDArray> feeds) {
        return predict(step, feeds, outputs());
    }

    /** The graph with the parameters' values of now, under the same names. */
    public Graph writeBack() {
        return writeBack(values());
    }

    /** The graph with the given values, such as averaged ones; what is not given stays as now. */
    public Graph writeBack(Map<String, float[]> values) {
        Graph written = graph.copy();
        for (String name : parameters.keySet()) {
            float[] now = values.containsKey(name) ? values.get(name) : read(array(name));
            long[] shape = array(name).getShape().getShape();
            written.set(Constant.of(name, now, shape));
        }
        return written;
    }

    /** Copies of all parameters' values by name, in the graph's order. */
    public Map<String, float[]> values() {
        Map<String, float[]> values = new LinkedHashMap<>();
        parameters.keySet().forEach(name -> values.put(name, read(array(name))));
        return values;
    }

    /**
     * Sets parameters' values; those not given stay.
     *
     * @throws IllegalArgumentException when a name is unknown or a length differs
     */
    public void setValues(Map<String, float[]> values) {
        values.forEach((name, numbers) -> write(name, array(name), numbers));
    }

    static float[] read(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    static void write(String name, NDArray array, float[] values) {
        if (values.length != array.size()) {
            throw new IllegalArgumentException(
                    name + " has " + array.size() + " values, given were " + values.length);
        }
        array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList arrays,
            boolean training,
            PairList<String, Object> ignored) {
        Map<String, NDArray> feeds = new LinkedHashMap<>();
        List<TensorType> inputs = graph.inputs();
        for (int i = 0; i < arrays.size(); i++) {
            feeds.put(inputs.get(i).name(), arrays.get(i));
        }
        NDArray first = arrays.head();
        Map<String, NDArray> results =
                interpreter.run(
                        first.getManager(),
                        feeds,
                        training ? Mode.TRAIN : Mode.EVALUATE,
                        outputs(),
                        name -> store.getValue(parameters.get(name), first.getDevice(), training));
        return new NDList(new ArrayList<>(results.values()));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        try (NDManager step = manager.newSubManager()) {
            Map<String, NDArray> feeds = new LinkedHashMap<>();
            List<TensorType> inputs = graph.inputs();
            for (int i = 0; i < inputShapes.length; i++) {
                TensorType input = inputs.get(i);
                DataType type = Tensors.type(input.type(), input.name());
                feeds.put(input.name(), step.zeros(inputShapes[i], type));
            }
            return predict(step, feeds).values().stream()
                    .map(NDArray::getShape)
                    .toArray(Shape[]::new);
        }
    }

    /** A manager for arrays that live no longer than this graph. */
    public NDManager newManager() {
        return manager.newSubManager();
    }

    @Override
    public void close() {
        manager.close();
    }
}
