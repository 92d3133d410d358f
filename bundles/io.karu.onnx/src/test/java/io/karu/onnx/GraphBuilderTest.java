package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphBuilderTest {
    @TempDir Path directory;

    private static ModelProto pooling() {
        GraphBuilder graph = new GraphBuilder("pooling");
        Value image = graph.input("image", DataType.FLOAT, 1, 1, "H", "W");
        Value pooled =
                graph.node(
                        "MaxPool",
                        List.of(image),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.text("auto_pad", "SAME_UPPER"));
        graph.output(
                "score",
                graph.node("Mul", pooled, graph.scalar(0.5f)),
                DataType.FLOAT,
                1,
                1,
                "H",
                "W");
        return graph.build();
    }

    @Test
    void sameCallsGiveTheSameBytes() {
        assertArrayEquals(pooling().toByteArray(), pooling().toByteArray());
    }

    @Test
    void writtenModelsReadBackEqualWithOpenDimensions() throws IOException {
        Path file = directory.resolve("model.onnx");
        OnnxFile.write(pooling(), file);
        ModelProto read = OnnxFile.read(file);
        assertEquals(pooling(), read);
        assertEquals(
                "H",
                read.getGraph()
                        .getInput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(2)
                        .getDimParam());
        assertEquals(GraphBuilder.OPSET, read.getOpsetImport(0).getVersion());
    }

    @Test
    void partsThatHaveNoNameHereSurviveReadingAndWriting() throws IOException {
        ByteString training = ByteString.copyFromUtf8("kept");
        ModelProto foreign =
                pooling().toBuilder()
                        .setUnknownFields(
                                UnknownFieldSet.newBuilder()
                                        .addField(
                                                20,
                                                UnknownFieldSet.Field.newBuilder()
                                                        .addLengthDelimited(training)
                                                        .build())
                                        .build())
                        .build();
        Path file = directory.resolve("foreign.onnx");
        OnnxFile.write(foreign, file);
        assertEquals(
                List.of(training),
                OnnxFile.read(file).getUnknownFields().getField(20).getLengthDelimitedList());
    }

    @Test
    void aConstantWhoseShapeDoesNotFitIsRefused() {
        GraphBuilder graph = new GraphBuilder("g");
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class, () -> graph.constant(new float[3], 2, 2));
        assertTrue(refused.getMessage().contains("4"), refused.getMessage());
    }

    @Test
    void aFileThatIsNotAModelIsRefused() throws IOException {
        Path file = directory.resolve("not.onnx");
        Files.write(file, new byte[0]);
        assertThrows(OnnxException.class, () -> OnnxFile.read(file));
    }
}
