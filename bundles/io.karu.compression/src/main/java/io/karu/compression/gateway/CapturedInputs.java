package io.karu.compression.gateway;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.Tensor;
import io.karu.api.inference.TensorInfo;
import io.karu.compression.Samples;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What reached a graph while an inspector looked at frames: the very bytes that reach it at the
 * station, each run in its own size. Not thread-safe.
 */
final class CapturedInputs implements Samples {
    private final List<Map<String, byte[]>> runs = new ArrayList<>();
    private final int most;
    private final List<Map<String, List<Long>>> shapes = new ArrayList<>();

    /**
     * @param most runs that are kept
     */
    CapturedInputs(int most) {
        this.most = most;
    }

    /** The session, watched. Closing it closes the session. */
    InferenceSession watch(InferenceSession session) {
        return new Watched(session);
    }

    @Override
    public int size() {
        return runs.size();
    }

    @Override
    public Map<String, List<Long>> shapes() {
        return shapes.get(typical());
    }

    @Override
    public Map<String, List<Long>> shapes(int index) {
        return shapes.get(index);
    }

    /** The largest: it bounds what the others take. */
    @Override
    public int typical() {
        int largest = 0;
        for (int i = 1; i < runs.size(); i++) {
            largest = bytes(i) > bytes(largest) ? i : largest;
        }
        return largest;
    }

    private long bytes(int index) {
        return runs.get(index).values().stream().mapToLong(input -> input.length).sum();
    }

    @Override
    public void write(int index, Binding binding) {
        runs.get(index)
                .forEach(
                        (name, bytes) -> {
                            ByteBuffer data = binding.input(name).data().duplicate();
                            data.clear();
                            data.put(bytes);
                        });
    }

    private void capture(List<TensorInfo> inputs, Binding binding) {
        Map<String, List<Long>> seen = new LinkedHashMap<>();
        Map<String, byte[]> bytes = new LinkedHashMap<>();
        for (TensorInfo input : inputs) {
            Tensor tensor = binding.input(input.name());
            seen.put(input.name(), tensor.shape());
            ByteBuffer data = tensor.data().duplicate();
            data.clear();
            byte[] copy = new byte[data.remaining()];
            data.get(copy);
            bytes.put(input.name(), copy);
        }
        if (runs.size() < most) {
            runs.add(bytes);
            shapes.add(Map.copyOf(seen));
        }
    }

    private final class Watched implements InferenceSession {
        private final InferenceSession session;

        private Watched(InferenceSession session) {
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
            return new Binding() {
                @Override
                public Tensor input(String name) {
                    return binding.input(name);
                }

                @Override
                public Tensor output(String name) {
                    return binding.output(name);
                }

                @Override
                public void run() throws InferenceException {
                    capture(session.inputs(), binding);
                    binding.run();
                }

                @Override
                public void close() {
                    binding.close();
                }
            };
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
