package io.karu.engine.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A JVM that ends while its threads are inside ONNX Runtime; a crash shows as another exit status.
 */
class ExitTest {
    private static final int STATUS = 7;

    @TempDir Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"open", "run"})
    void aJvmEndsCleanlyWhileModelsAreOpenedAndRun(String what) throws Exception {
        Path model = temp.resolve("chain.onnx");
        OnnxFile.write(chain().build(), model);
        for (int round = 0; round < 8; round++) {
            assertEquals(STATUS, exitOf(what, model, round), "round " + round);
        }
    }

    private int exitOf(String what, Path model, int millis) throws Exception {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-CreateCoredumpOnCrash",
                                "-XX:ErrorFile=" + temp.resolve("crash-%p.log"),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Child.class.getName(),
                                what,
                                model.toString(),
                                Integer.toString(millis))
                        .redirectErrorStream(true)
                        .redirectOutput(temp.resolve("output").toFile())
                        .start();
        try {
            return child.waitFor(60, TimeUnit.SECONDS) ? child.exitValue() : -1;
        } finally {
            child.destroyForcibly();
        }
    }

    /** Many nodes: what takes time to open. */
    private static GraphBuilder chain() {
        GraphBuilder graph = new GraphBuilder("chain");
        Value x = graph.input("x", DataType.FLOAT, 32, 32);
        Value y = x;
        for (int i = 0; i < 300; i++) {
            y = graph.node("Tanh", graph.node("MatMul", y, x));
        }
        graph.output("y", y, DataType.FLOAT, 32, 32);
        return graph;
    }

    static final class Child {
        public static void main(String[] args) throws Exception {
            OnnxEngine engine =
                    new OnnxEngine(OrtEnvironment.getEnvironment(), Duration.ofSeconds(10));
            CountDownLatch busy = new CountDownLatch(3);
            for (int i = 0; i < 3; i++) {
                Thread thread = new Thread(() -> use(engine, args, busy));
                thread.setDaemon(true);
                thread.start();
            }
            busy.await();
            Thread.sleep(Integer.parseInt(args[2]));
            System.exit(STATUS);
        }

        private static void use(OnnxEngine engine, String[] args, CountDownLatch busy) {
            try (InferenceSession session = open(engine, args);
                    Binding binding = session.bind(Map.of())) {
                busy.countDown();
                while (true) {
                    if (args[0].equals("run")) {
                        binding.run();
                    } else {
                        open(engine, args).close();
                    }
                }
            } catch (InferenceException e) {
                // refused: the JVM is ending
            }
        }

        private static InferenceSession open(OnnxEngine engine, String[] args)
                throws InferenceException {
            return engine.open(Path.of(args[1]), SessionOptions.SHARED_GATEWAY);
        }
    }
}
