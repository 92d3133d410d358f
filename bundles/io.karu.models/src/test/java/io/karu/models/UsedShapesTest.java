package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.Tensor;
import io.karu.api.inference.TensorInfo;
import io.karu.engine.onnx.OnnxEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsedShapesTest {
    @TempDir Path temp;
    private OnnxEngine engine;
    private final UsedShapes shapes = new UsedShapes();
    private final List<List<Long>> runs = new ArrayList<>();

    @BeforeEach
    void start() {
        engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    }

    @AfterEach
    void stop() {
        engine.close();
    }

    private static Map<String, List<Long>> wide(long width) {
        return Map.of("x", List.of(1L, width));
    }

    private InferenceSession open() throws Exception {
        Path file = Files.write(temp.resolve("scaling.onnx"), Scaling.graph(3));
        return engine.open(file, SessionOptions.SHARED_GATEWAY);
    }

    /** Counts runs by the shape of {@code x}; is bound to any but the refused one. */
    private InferenceSession counted(InferenceSession session, Map<String, List<Long>> refused) {
        return new InferenceSession() {
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
                if (inputShapes.equals(refused)) {
                    throw new InferenceException(
                            InferenceException.Code.TENSOR_MISMATCH, "not at this one");
                }
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
                        runs.add(binding.input("x").shape());
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
        };
    }

    @Test
    void aSessionIsRunAtTheShapesAtWhichItsPredecessorRan() throws Exception {
        InferenceSession first = shapes.noting("scaling", open());
        first.bind(wide(640)).close();
        first.bind(wide(320)).close();
        first.bind(wide(640)).close();
        shapes.warmUp("scaling", counted(open(), Map.of()));
        assertEquals(
                List.of(List.of(1L, 320L), List.of(1L, 320L), List.of(1L, 640L), List.of(1L, 640L)),
                runs);
        shapes.warmUp("another", counted(open(), Map.of()));
        assertEquals(4, runs.size());
    }

    @Test
    void onlyTheLatestFourAreKeptAndThoseThatItRefusesAreLeft() throws Exception {
        InferenceSession first = shapes.noting("scaling", open());
        for (long width = 1; width <= 6; width++) {
            first.bind(wide(width)).close();
        }
        shapes.warmUp("scaling", counted(open(), wide(4)));
        assertEquals(
                List.of(3L, 3L, 5L, 5L, 6L, 6L), runs.stream().map(shape -> shape.get(1)).toList());
    }
}
