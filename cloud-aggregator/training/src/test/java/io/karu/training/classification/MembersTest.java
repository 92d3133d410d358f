package io.karu.training.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.Crops;
import io.karu.modelversion.TrainedModel.Input;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MembersTest {
    private static final int SIDE = 16;
    private static final int CLASSES = 3;
    private static final ClassificationNet NET =
            new ClassificationNet(1, SIDE, 1, 4, CLASSES, Crops.Templates.NEEDED);

    @TempDir Path temp;

    @Test
    void oneGraphGivesTheMeanOfItsMembers() throws Exception {
        List<Graph> members = List.of(NET.graph(1), NET.graph(2), NET.graph(3));
        float[] mean = new float[CLASSES];
        for (Graph member : members) {
            float[] own = run(member);
            for (int k = 0; k < CLASSES; k++) {
                mean[k] += own[k] / members.size();
            }
        }
        assertNotEquals(mean[0], run(members.get(0))[0], 1e-5f);
        assertArrayEquals(mean, run(Members.averaged(members)), 1e-5f);
    }

    @Test
    void theViewsOfAllMembersAreAveraged() throws Exception {
        List<Graph> members = List.of(NET.graph(1), NET.graph(2));
        float[] first = run(Symmetries.averaged(members.get(0)));
        float[] second = run(Symmetries.averaged(members.get(1)));
        float[] both = run(Symmetries.averaged(Members.averaged(members)));
        for (int k = 0; k < CLASSES; k++) {
            assertEquals((first[k] + second[k]) / 2, both[k], 1e-5f);
        }
    }

    @Test
    void everyMemberHasASeedAndAStateOfItsOwn() throws Exception {
        List<Long> seeds = new ArrayList<>();
        Set<Path> states = new HashSet<>();
        Learner learner =
                new Learner() {
                    @Override
                    public Result run(long seed, Path state, Progress progress) {
                        seeds.add(seed);
                        states.add(state);
                        return new Result(NET.graph(seed), List.of());
                    }

                    @Override
                    public int pieces() {
                        return 1;
                    }

                    @Override
                    public Map<String, Input> inputs(int piece) {
                        return Map.of();
                    }
                };
        Members members = new Members(List.of(learner, learner, learner));
        members.run(1, temp.resolve("state"), Progress.SILENT);
        members.run(2, temp.resolve("state"), Progress.SILENT);
        assertEquals(1, seeds.get(0));
        assertEquals(6, new HashSet<>(seeds).size());
        assertEquals(3, states.size());
    }

    private float[] run(Graph graph) throws Exception {
        byte[] pixels = new byte[SIDE * SIDE];
        SplittableRandom random = new SplittableRandom(1);
        Path file = temp.resolve("graph.onnx");
        graph.write(file);
        List<Long> shape = List.of(1L, 1L, (long) SIDE, (long) SIDE);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY);
                Binding binding =
                        session.bind(
                                Map.of(
                                        ClassificationNet.IMAGE,
                                        shape,
                                        ClassificationNet.TEMPLATE,
                                        shape))) {
            for (String input : List.of(ClassificationNet.IMAGE, ClassificationNet.TEMPLATE)) {
                random.nextBytes(pixels);
                binding.input(input).data().duplicate().put(pixels);
            }
            binding.run();
            float[] probabilities = new float[CLASSES];
            binding.output(ClassificationNet.PROBABILITY)
                    .data()
                    .duplicate()
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .get(probabilities);
            return probabilities;
        }
    }
}
