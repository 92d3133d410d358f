package io.karu.models;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shapes at which models run here, by model name. Golden cases may be far smaller than what a
 * camera delivers: the first run at another shape lays out memory anew and takes several times as
 * long. A version is therefore run at these shapes before it decides. Thread-safe.
 */
final class UsedShapes {
    private static final Logger LOG = LoggerFactory.getLogger(UsedShapes.class);
    private static final int MOST = 4;
    private static final int RUNS = 2;
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

    /** Latest last. */
    private final Map<String, List<Map<String, List<Long>>>> byName = new ConcurrentHashMap<>();

    /** The same session; what it is bound to is remembered. */
    InferenceSession noting(String name, InferenceSession session) {
        return new Noting(name, session);
    }

    /**
     * Runs a session at the shapes in use, for a second at most; those that it refuses are left.
     */
    void warmUp(String name, InferenceSession session) {
        long ends = System.nanoTime() + LONGEST;
        for (Map<String, List<Long>> shapes : byName.getOrDefault(name, List.of())) {
            try (Binding binding = session.bind(shapes)) {
                for (int run = 0; run < RUNS && System.nanoTime() - ends < 0; run++) {
                    binding.run();
                }
            } catch (InferenceException e) {
                LOG.info("{} does not run at {}: {}", name, shapes, e.getMessage());
            }
        }
    }

    private void note(String name, Map<String, List<Long>> shapes) {
        if (shapes.isEmpty()) {
            return;
        }
        byName.compute(
                name,
                (key, known) -> {
                    List<Map<String, List<Long>>> next =
                            new ArrayList<>(known == null ? List.of() : known);
                    next.remove(shapes);
                    next.add(Map.copyOf(shapes));
                    return List.copyOf(next.subList(Math.max(0, next.size() - MOST), next.size()));
                });
    }

    private final class Noting implements InferenceSession {
        private final String name;
        private final InferenceSession session;

        Noting(String name, InferenceSession session) {
            this.name = name;
            this.session = session;
        }

        @Override
        public List<TensorInfo> inputs() {
            return session.inputs();
        }

        @Override
        public List<TensorInfo> outputs() {
            return session.outputs();
        }

        @Override
        public Binding bind(Map<String, List<Long>> inputShapes) throws InferenceException {
            Binding binding = session.bind(inputShapes);
            note(name, inputShapes);
            return binding;
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
