package io.karu.training.classification;

import io.karu.learning.djl.History;
import io.karu.modelversion.TrainedModel.Input;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.proto.AttributeProto;
import io.karu.training.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Several trainings of the same pieces, each from a seed of its own, in one graph that gives the
 * mean of their probabilities (deep ensembles: Lakshminarayanan et al. 2017): as many times the
 * work for an answer that depends less on luck. What all compute alike, a frozen backbone for
 * instance, is there once. A station needs to know nothing of them.
 */
final class Members implements Learner {
    private final List<Learner> members;

    /**
     * @param members of one task: their graphs have the same inputs and classes
     */
    Members(List<Learner> members) {
        this.members = List.copyOf(members);
    }

    @Override
    public int pieces() {
        return members.get(0).pieces();
    }

    @Override
    public Map<String, Input> inputs(int piece) {
        return members.get(0).inputs(piece);
    }

    @Override
    public Result run(long seed, Path state, Progress progress) throws Exception {
        SplittableRandom seeds = new SplittableRandom(seed);
        List<Graph> graphs = new ArrayList<>();
        List<History> histories = new ArrayList<>();
        for (Learner member : members) {
            int number = graphs.size() + 1;
            Progress own = members.size() == 1 ? progress : numbered(progress, number);
            Result result =
                    number == 1
                            ? member.run(seed, state, own)
                            : member.run(
                                    seeds.nextLong(),
                                    state.resolveSibling(state.getFileName() + "-" + number),
                                    own);
            graphs.add(result.graph());
            histories.addAll(result.histories());
        }
        return new Result(averaged(graphs), histories);
    }

    private Progress numbered(Progress progress, int number) {
        return new Progress() {
            @Override
            public void begin(String stage, long total, String unit) {
                String name = "member " + number + " of " + members.size() + ": " + stage;
                progress.begin(name, total, unit);
            }

            @Override
            public void at(long done, String figures) {
                progress.at(done, figures);
            }

            @Override
            public boolean isCancelled() {
                return progress.isCancelled();
            }
        };
    }

    /** The first graph with the others beside it; inputs and output stay as they are. */
    static Graph averaged(List<Graph> graphs) {
        Graph whole = graphs.get(0).copy();
        if (graphs.size() == 1) {
            return whole;
        }
        Node output = whole.producer(ClassificationNet.PROBABILITY).orElseThrow();
        List<String> all = new ArrayList<>(List.of(output.input(0)));
        for (int i = 1; i < graphs.size(); i++) {
            all.add(beside(whole, graphs.get(i), "member" + (i + 1) + "."));
        }
        whole.add("members.sum", "Sum", all);
        whole.set(Constant.of("members.share", new float[] {1f / all.size()}, 1));
        whole.add("members.mean", "Mul", List.of("members.sum", "members.share"));
        whole.replaceInput(output, all.get(0), "members.mean");
        return whole;
    }

    /**
     * Adds what another graph computes; inputs, and what both compute alike, are shared.
     *
     * @return what the other's output would be made of
     */
    private static String beside(Graph whole, Graph other, String prefix) {
        Map<String, String> names = new HashMap<>();
        other.inputs().forEach(input -> names.put(input.name(), input.name()));
        names.put("", "");
        for (Constant constant : other.constants()) {
            boolean shared = whole.constant(constant.name()).filter(constant::equals).isPresent();
            String name = shared ? constant.name() : prefix + constant.name();
            names.put(constant.name(), name);
            whole.set(constant.named(name));
        }
        Node output = other.producer(ClassificationNet.PROBABILITY).orElseThrow();
        for (Node node : other.nodes()) {
            if (node == output) {
                continue;
            }
            List<String> takes = node.inputs().stream().map(names::get).toList();
            boolean shared =
                    whole.node(node.name()).filter(own -> alike(own, node, takes)).isPresent();
            String own = shared ? "" : prefix;
            node.outputs().forEach(value -> names.put(value, own + value));
            if (!shared) {
                whole.add(
                        prefix + node.name(),
                        node.operator(),
                        takes,
                        node.outputs().stream().map(names::get).toList(),
                        node.attributes().toArray(AttributeProto[]::new));
            }
        }
        return names.get(output.input(0));
    }

    private static boolean alike(Node own, Node other, List<String> takes) {
        return own.operator().equals(other.operator())
                && own.inputs().equals(takes)
                && own.outputs().equals(other.outputs())
                && List.copyOf(own.attributes()).equals(List.copyOf(other.attributes()));
    }
}
