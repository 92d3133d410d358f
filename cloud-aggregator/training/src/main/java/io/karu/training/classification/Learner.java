package io.karu.training.classification;

import io.karu.learning.djl.History;
import io.karu.modelversion.TrainedModel.Input;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Makes a graph from pieces of images. */
interface Learner {
    /**
     * The trained graph and how it came to be.
     *
     * @param histories one for each training that it was made of
     */
    record Result(Graph graph, List<History> histories) {
        public Result {
            histories = List.copyOf(histories);
        }
    }

    /**
     * Trains.
     *
     * @param seed of every random choice
     * @param state folder that keeps an unfinished training
     */
    Result run(long seed, Path state, Progress progress) throws Exception;

    /** How many pieces it learns from. */
    int pieces();

    /** The graph's inputs for a piece, as the station would make them. */
    Map<String, Input> inputs(int piece);
}
