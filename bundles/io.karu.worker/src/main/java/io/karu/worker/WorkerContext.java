package io.karu.worker;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a {@link WorkerTask} is given. Thread-safe. */
public interface WorkerContext {
    /** Where the task keeps its state; kept between starts. */
    Path folder();

    /** Words of {@link WorkerSpec.Builder#arguments}. */
    List<String> arguments();

    /**
     * Begins a stage.
     *
     * @param name for a person, such as {@code training}
     * @param of units it has; 0 when not known
     * @param unit what is counted, in the plural
     */
    void stage(String name, long of, String unit);

    /**
     * Says how far the stage is. May be called for each unit: lines are written twice a second.
     *
     * @param done units done, those of earlier starts included
     * @param metrics numbers of now by name
     */
    void progress(long done, Map<String, Double> metrics);

    /** As above, with words instead of numbers. */
    void progress(long done, String note);

    /** Hands back a result; the last one counts, and only when the task ends well. */
    void result(JsonObject result);

    /** True once the task should end: it was cancelled, or whoever started it is gone. */
    boolean isCancelled();
}
