package io.karu.training;

import com.google.gson.JsonObject;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerTask;
import java.util.ArrayList;
import java.util.List;

/** {@code ./karu train} in a process of its own. */
public final class TrainingWorker implements WorkerTask {
    private static final String SUMMARY = "summary";
    private static final int NICENESS = 10;

    /** Made by the worker. */
    public TrainingWorker() {}

    /**
     * Trains in a worker.
     *
     * @param words of the command line after the task
     * @return the summary of {@link Train#summary}
     */
    static String run(String task, List<String> words, TrainingOrder order, Progress progress)
            throws Exception {
        List<String> arguments = new ArrayList<>(words);
        arguments.add(0, task);
        return CommandWorker.run(TrainingWorker.class, arguments, order.state(), NICENESS, progress)
                .get(SUMMARY)
                .getAsString();
    }

    @Override
    public void run(WorkerContext context) throws Exception {
        List<String> words = new ArrayList<>(context.arguments());
        Recipe recipe = Train.recipe(words.remove(0));
        TrainingOrder order = Train.order(recipe, words);
        Trained trained = Train.run(recipe, order, new CommandWorker.Telling(context));
        JsonObject result = new JsonObject();
        result.addProperty(SUMMARY, Train.summary(order, trained));
        context.result(result);
    }
}
