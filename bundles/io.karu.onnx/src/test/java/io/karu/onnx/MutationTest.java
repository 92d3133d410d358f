package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Graphs of the corpus with other numbers in attributes, constants and shapes of inputs. */
class MutationTest {
    private static final int MUTATIONS = 800;
    private static final long LARGEST = 1 << 16;

    private final Random random = new Random(2026);

    @Test
    void whatIsAcceptedHasTheShapesAndValuesThatOnnxRuntimeGives() {
        List<Sample> corpus = new ArrayList<>(Corpus.of(Operators.FIRST_OPSET));
        corpus.addAll(Corpus.of(21));
        int agreed = 0;
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Sample mutant = mutant(corpus.get(random.nextInt(corpus.size())));
            Shapes shapes;
            try {
                Validation.validate(mutant.graph());
                shapes = Shapes.of(mutant.graph(), mutant.shapes());
            } catch (OnnxException e) {
                refused++;
                continue;
            }
            if (small(shapes) && agrees(mutant, shapes)) {
                agreed++;
            }
        }
        assertTrue(agreed > MUTATIONS / 2 && refused > MUTATIONS / 20, agreed + ", " + refused);
    }

    /** False when ONNX Runtime does not run it: values out of range are found only there. */
    private static boolean agrees(Sample mutant, Shapes shapes) {
        Map<String, Constant> expected;
        try {
            expected = Peer.run(mutant.graph(), mutant.inputs());
        } catch (AssertionError refused) {
            return false;
        }
        String text = mutant.graph().nodes() + " " + mutant.shapes();
        expected.forEach((name, value) -> assertEquals(value.shape(), shapes.shape(name), text));
        Graph folded = mutant.graph().copy();
        Folding.fold(folded);
        Map<String, Constant> actual = Peer.run(folded, mutant.inputs());
        expected.forEach((name, value) -> Peer.assertClose(value, actual.get(name), 1e-5));
        return true;
    }

    private static boolean small(Shapes shapes) {
        return shapes.all().stream()
                .allMatch(value -> value.shape().isFixed() && value.shape().elements() <= LARGEST);
    }

    private Sample mutant(Sample sample) {
        ModelProto.Builder model = sample.graph().toProto().toBuilder();
        Map<String, Constant> inputs = new HashMap<>(sample.inputs());
        switch (random.nextInt(3)) {
            case 0 -> constant(model.getGraphBuilder());
            case 1 -> attribute(model.getGraphBuilder());
            default -> input(inputs);
        }
        return new Sample(sample.name(), Graph.of(model.build()), inputs);
    }

    private void constant(GraphProto.Builder graph) {
        if (graph.getInitializerCount() > 0) {
            int index = random.nextInt(graph.getInitializerCount());
            Constant constant = Constant.of(graph.getInitializer(index));
            if (constant.type() == DataType.INT64 && constant.elements() > 0) {
                long[] values = constant.longs();
                values[random.nextInt(values.length)] = number();
                Constant changed = Constant.of(constant.name(), values, constant.shape().sizes());
                graph.setInitializer(index, changed.toProto());
            }
        }
    }

    private void attribute(GraphProto.Builder graph) {
        int count = graph.getNodeBuilder(0).getAttributeCount();
        if (count > 0) {
            AttributeProto.Builder attribute =
                    graph.getNodeBuilder(0).getAttributeBuilder(random.nextInt(count));
            if (attribute.getIntsCount() > 0) {
                attribute.setInts(random.nextInt(attribute.getIntsCount()), number());
            } else if (attribute.hasI()) {
                attribute.setI(number());
            }
        }
    }

    private void input(Map<String, Constant> inputs) {
        List<String> names = inputs.keySet().stream().sorted().toList();
        if (!names.isEmpty()) {
            Constant input = inputs.get(names.get(random.nextInt(names.size())));
            long[] shape = input.shape().sizes();
            if (shape.length > 0) {
                shape[random.nextInt(shape.length)] = 1 + random.nextInt(8);
                inputs.put(input.name(), Peer.random(input.name(), input.type(), random, shape));
            }
        }
    }

    private long number() {
        return switch (random.nextInt(8)) {
            case 0 -> -1;
            case 1 -> 0;
            case 2 -> Long.MAX_VALUE;
            case 3 -> -random.nextInt(9);
            default -> random.nextInt(9);
        };
    }
}
