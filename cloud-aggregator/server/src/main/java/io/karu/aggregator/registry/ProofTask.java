package io.karu.aggregator.registry;

import com.google.gson.JsonObject;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Verification;
import io.karu.onnx.Cost;
import io.karu.onnx.Graph;
import io.karu.onnx.Limits;
import io.karu.onnx.Node;
import io.karu.onnx.OnnxException;
import io.karu.onnx.Shape;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs in the child of {@link EngineCheck}: reads the graph within limits, then lets the engine run
 * the golden cases. Its argument is the folder.
 */
public final class ProofTask implements WorkerTask {
    private static final long LARGEST_VALUE = 1L << 30;

    @Override
    public void run(WorkerContext context) throws Exception {
        ModelVersionFolder version = ModelVersionFolder.read(Path.of(context.arguments().get(0)));
        Graph graph = graph(version);
        JsonObject facts = facts(graph, version);
        try (OnnxEngine engine = new OnnxEngine();
                InferenceSession proven =
                        Verification.open(version, engine, SessionOptions.SHARED_GATEWAY)) {
            JsonObject runtime = new JsonObject();
            runtime.addProperty("name", engine.name());
            runtime.addProperty("version", engine.version());
            facts.add("engine", runtime);
        }
        context.result(facts);
    }

    private static Graph graph(ModelVersionFolder version) throws IOException {
        long memory = Runtime.getRuntime().maxMemory() * 3 / 5;
        try {
            return Graph.read(
                    version.graph(), new Limits(Integer.MAX_VALUE, memory, LARGEST_VALUE));
        } catch (OnnxException e) {
            throw new IOException(ModelVersionFolder.GRAPH + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new IOException(ModelVersionFolder.GRAPH + ": nested too deeply", e);
        }
    }

    private static JsonObject facts(Graph graph, ModelVersionFolder version) {
        JsonObject facts = new JsonObject();
        facts.addProperty("opset", graph.opset());
        Map<String, Integer> counts = new TreeMap<>();
        for (Node node : graph.nodes()) {
            counts.merge(node.operator(), 1, Integer::sum);
        }
        JsonObject operators = new JsonObject();
        counts.forEach(operators::addProperty);
        facts.add("operators", operators);
        GoldenCase first = version.golden().get(0);
        Map<String, Shape> inputs = new HashMap<>();
        for (TensorInfo input : version.card().inputs()) {
            if (graph.isInput(input.name())) {
                inputs.put(
                        input.name(),
                        Shape.of(
                                first.shape(input.name()).stream()
                                        .mapToLong(Long::longValue)
                                        .toArray()));
            }
        }
        try {
            Cost cost = Cost.of(graph, inputs);
            facts.addProperty("parameters", cost.parameters());
            facts.addProperty("macs", cost.macs());
            facts.addProperty("peakActivationBytes", cost.peakActivationBytes());
        } catch (OnnxException e) {
            // shapes that depend on values: the cost stays unknown
            facts.addProperty("costUnknown", e.getMessage());
        }
        return facts;
    }
}
