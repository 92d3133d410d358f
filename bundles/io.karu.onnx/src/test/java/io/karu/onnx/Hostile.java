package io.karu.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.AttributeProto.AttributeType;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.StringStringEntryProto;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.TensorProto.DataLocation;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.proto.TensorShapeProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Files that somebody might send to harm whoever reads them, and how they must be refused. */
final class Hostile {
    /** A child process: reads each file of a folder in a small heap and says what came of it. */
    public static void main(String[] arguments) throws IOException {
        List<Path> files;
        try (var all = Files.list(Path.of(arguments[0]))) {
            files = all.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
        }
        for (Path file : files) {
            System.out.println(file.getFileName() + " " + outcome(file));
        }
    }

    /** READ, the code of the refusal, or what was thrown instead. */
    static String outcome(Path file) {
        try {
            Graph.read(file);
            return "READ";
        } catch (OnnxException e) {
            return e.code().name();
        } catch (IOException | RuntimeException | Error e) {
            return "thrown: " + e + " at " + Arrays.asList(e.getStackTrace()).subList(0, 3);
        }
    }

    private final Path folder;
    private final Map<String, OnnxException.Code> expected = new TreeMap<>();

    Hostile(Path folder) {
        this.folder = folder;
    }

    /** Writes all files; the refusal of each by its name. */
    Map<String, OnnxException.Code> write() throws IOException {
        malformed();
        graphs();
        tensors();
        sizes();
        external();
        return expected;
    }

    /** A small model: image [1,2,4,4], Conv with a weight, Relu. */
    static ModelProto plain() {
        GraphBuilder builder = new GraphBuilder("plain");
        Value image = builder.input("image", DataType.FLOAT, 1, 2, 4, 4);
        Value weight = builder.constant("weight", new float[4], 2, 2, 1, 1);
        Value conv = builder.named("conv", "Conv", List.of(image, weight));
        Value relu = builder.named("relu", "Relu", List.of(conv));
        builder.output("score", relu, DataType.FLOAT, 1, 2, 4, 4);
        return builder.build();
    }

    private void malformed() throws IOException {
        put("empty", OnnxException.Code.MALFORMED, new byte[0]);
        byte[] noise = new byte[4096];
        new Random(1).nextBytes(noise);
        put("noise", OnnxException.Code.MALFORMED, noise);
        byte[] plain = plain().toByteArray();
        put("truncated", OnnxException.Code.MALFORMED, Arrays.copyOf(plain, plain.length / 2));
        put("claims-two-gigabytes", OnnxException.Code.MALFORMED, claim(7, Integer.MAX_VALUE));
        put("claims-beyond", OnnxException.Code.MALFORMED, claim(7, 1000));
        graph("no-output", OnnxException.Code.MALFORMED, GraphProto.Builder::clearOutput);
        model(
                "functions",
                OnnxException.Code.UNSUPPORTED,
                model -> model.setUnknownFields(unknown(25)));
        graph(
                "sparse-initializer",
                OnnxException.Code.UNSUPPORTED,
                graph -> graph.setUnknownFields(unknown(15)));
        model("opset-11", OnnxException.Code.OPSET, m -> m.getOpsetImportBuilder(0).setVersion(11));
        model("opset-99", OnnxException.Code.OPSET, m -> m.getOpsetImportBuilder(0).setVersion(99));
        model(
                "opset-negative",
                OnnxException.Code.OPSET,
                m -> m.getOpsetImportBuilder(0).setVersion(Long.MIN_VALUE));
        model("no-opset", OnnxException.Code.OPSET, ModelProto.Builder::clearOpsetImport);
    }

    private void graphs() throws IOException {
        graph("cycle", OnnxException.Code.CYCLE, g -> g.getNodeBuilder(0).setInput(0, "relu"));
        graph("self", OnnxException.Code.CYCLE, g -> g.getNodeBuilder(1).setInput(0, "relu"));
        graph(
                "value-twice",
                OnnxException.Code.DUPLICATE,
                g -> g.getNodeBuilder(1).setOutput(0, "conv"));
        graph(
                "constant-twice",
                OnnxException.Code.DUPLICATE,
                g -> g.addInitializer(g.getInitializer(0)));
        graph("output-twice", OnnxException.Code.DUPLICATE, g -> g.addOutput(g.getOutput(0)));
        graph(
                "missing-input",
                OnnxException.Code.MISSING,
                g -> g.getNodeBuilder(1).setInput(0, "nowhere"));
        graph(
                "missing-output",
                OnnxException.Code.MISSING,
                g -> g.getOutputBuilder(0).setName("nowhere"));
        graph("empty-input", OnnxException.Code.MISSING, g -> g.getNodeBuilder(1).setInput(0, ""));
        graph(
                "unknown-operator",
                OnnxException.Code.OPERATOR,
                g -> g.getNodeBuilder(1).setOpType("Explode"));
        graph(
                "unknown-domain",
                OnnxException.Code.OPERATOR,
                g -> g.getNodeBuilder(1).setDomain("com.example"));
        graph(
                "control-flow",
                OnnxException.Code.OPERATOR,
                g -> g.getNodeBuilder(1).addAttribute(branch(3)));
        graph(
                "nested-graphs",
                OnnxException.Code.MALFORMED,
                g -> g.getNodeBuilder(1).addAttribute(branch(25)));
        graph(
                "too-many-inputs",
                OnnxException.Code.MALFORMED,
                g -> g.getNodeBuilder(1).addInput("image"));
        graph(
                "unknown-attribute",
                OnnxException.Code.ATTRIBUTE,
                g -> g.getNodeBuilder(1).addAttribute(Attribute.integer("fuse", 1)));
        graph(
                "attribute-of-another-type",
                OnnxException.Code.ATTRIBUTE,
                g -> g.getNodeBuilder(0).addAttribute(Attribute.integer("strides", 1)));
        graph(
                "zero-stride",
                OnnxException.Code.ATTRIBUTE,
                g -> g.getNodeBuilder(0).addAttribute(Attribute.integers("strides", 0, 0)));
        graph(
                "zero-groups",
                OnnxException.Code.ATTRIBUTE,
                g -> g.getNodeBuilder(0).addAttribute(Attribute.integer("group", 0)));
        graph(
                "window-beyond-the-image",
                OnnxException.Code.SHAPE,
                g ->
                        g.getInitializerBuilder(0)
                                .clear()
                                .mergeFrom(
                                        Constant.of("weight", new float[2 * 2 * 5 * 5], 2, 2, 5, 5)
                                                .toProto()));
        graph(
                "declared-otherwise",
                OnnxException.Code.SHAPE,
                g ->
                        g.getOutputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(1)
                                .setDimValue(7));
        graph(
                "input-of-strings",
                OnnxException.Code.UNSUPPORTED,
                g ->
                        g.getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .setElemType(DataType.STRING.getNumber()));
    }

    private void tensors() throws IOException {
        tensor("raw-too-short", OnnxException.Code.DATA, t -> t.setRawData(bytes(15)));
        tensor("raw-too-long", OnnxException.Code.DATA, t -> t.setRawData(bytes(17)));
        tensor(
                "float-data-too-short",
                OnnxException.Code.DATA,
                t -> t.clearRawData().addFloatData(1));
        tensor("negative-dimension", OnnxException.Code.DATA, t -> t.setDims(0, -2));
        tensor("huge-dimension", OnnxException.Code.DATA, t -> t.setDims(0, 1L << 40));
        tensor(
                "overflowing-dimensions",
                OnnxException.Code.TOO_LARGE,
                t -> t.setDims(0, 1L << 40).setDims(1, 1L << 40));
        tensor(
                "strings",
                OnnxException.Code.UNSUPPORTED,
                t -> t.setDataType(DataType.STRING.getNumber()));
        tensor("unknown-type", OnnxException.Code.UNSUPPORTED, t -> t.setDataType(99));
    }

    private void sizes() throws IOException {
        graph(
                "huge-input",
                OnnxException.Code.TOO_LARGE,
                g -> {
                    dimension(g, 2).setDimValue(1L << 31);
                    g.clearOutput()
                            .addOutput(
                                    new TensorType("score", DataType.UNDEFINED, Shape.UNRANKED)
                                            .toProto());
                });
        made("huge-constant-of-shape", "ConstantOfShape", List.of(1L << 20, 1L << 20, 1L << 20));
        made("huge-expand", "Expand", List.of(1L << 31, 1L << 31));
        made("huge-tile", "Tile", List.of(1L << 62));
        many("many-nodes", 1, 3_000_000);
        many("many-constants", 5, 3_000_000);
        byte[] dims = new byte[20_000_000];
        put("many-dimensions", OnnxException.Code.TOO_LARGE, nested(dims, 1, 5, 7));
    }

    private void external() throws IOException {
        Files.write(folder.resolve("weights.bin"), new byte[64]);
        Files.createDirectories(folder.resolve("inner"));
        Path outside = Files.createTempFile("outside", ".bin");
        outside.toFile().deleteOnExit();
        Files.write(outside, new byte[64]);
        Files.createSymbolicLink(folder.resolve("link.bin"), outside);
        Files.createSymbolicLink(folder.resolve("door"), outside.getParent());
        OnnxException.Code refused = OnnxException.Code.EXTERNAL_DATA;
        external("external-above", refused, "location", "../" + outside.getFileName());
        external("external-absolute", refused, "location", outside.toString());
        external("external-absolute-inside", refused, "location", absolute("weights.bin"));
        external("external-link", refused, "location", "link.bin");
        external("external-linked-folder", refused, "location", "door/" + outside.getFileName());
        external("external-folder", refused, "location", "inner");
        external("external-itself", refused, "location", ".");
        external("external-absent", refused, "location", "absent.bin");
        external("external-unnamed", refused, "location", "");
        external("external-not-a-path", refused, "location", "a\0b");
        external("external-offset-beyond", refused, "offset", "60");
        external("external-offset-huge", refused, "offset", "" + Long.MAX_VALUE);
        external("external-offset-negative", refused, "offset", "-1");
        external("external-offset-text", refused, "offset", "0x10");
        external("external-length", OnnxException.Code.DATA, "length", "9");
        tensor(
                "external-huge",
                OnnxException.Code.TOO_LARGE,
                t -> t.mergeFrom(elsewhere(Map.of())).clearRawData().setDims(0, 1L << 36));
    }

    private String absolute(String file) {
        return folder.resolve(file).toAbsolutePath().toString();
    }

    private void external(String name, OnnxException.Code code, String key, String value)
            throws IOException {
        tensor(name, code, t -> t.clearRawData().mergeFrom(elsewhere(Map.of(key, value))));
    }

    static TensorProto elsewhere(Map<String, String> entries) {
        Map<String, String> all = new TreeMap<>(Map.of("location", "weights.bin"));
        all.putAll(entries);
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setDataLocation(DataLocation.EXTERNAL);
        all.forEach(
                (key, value) ->
                        tensor.addExternalData(
                                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return tensor.build();
    }

    private static AttributeProto branch(int depth) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("branch");
        if (depth > 0) {
            graph.addNode(NodeProto.newBuilder().setOpType("If").addAttribute(branch(depth - 1)));
        }
        return AttributeProto.newBuilder()
                .setName("then_branch")
                .setType(AttributeType.GRAPH)
                .setG(graph)
                .build();
    }

    private static TensorShapeProto.Dimension.Builder dimension(
            GraphProto.Builder graph, int axis) {
        return graph.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(axis);
    }

    /** A model whose one node makes a value of a given shape out of little. */
    private void made(String name, String operator, List<Long> sizes) throws IOException {
        GraphBuilder builder = new GraphBuilder(name);
        long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
        Value target = builder.vector(shape);
        List<Value> inputs =
                operator.equals("ConstantOfShape")
                        ? List.of(target)
                        : List.of(builder.constant(new float[1], 1), target);
        builder.output("out", builder.node(operator, inputs), DataType.UNDEFINED);
        put(name, OnnxException.Code.TOO_LARGE, builder.build().toByteArray());
    }

    /** A graph of very many empty parts, two bytes each. */
    private void many(String name, int field, int count) throws IOException {
        byte[] parts = new byte[count * 2];
        for (int i = 0; i < count; i++) {
            parts[2 * i] = (byte) (field << 3 | 2);
        }
        put(name, OnnxException.Code.TOO_LARGE, nested(parts, 7));
    }

    /** Content wrapped into length-delimited fields, the innermost first. */
    private static byte[] nested(byte[] content, int... fields) throws IOException {
        byte[] all = content;
        for (int field : fields) {
            byte[] wrapped = new byte[all.length + 12];
            CodedOutputStream out = CodedOutputStream.newInstance(wrapped);
            out.writeByteArray(field, all);
            all = Arrays.copyOf(wrapped, out.getTotalBytesWritten());
        }
        return all;
    }

    private static byte[] claim(int field, int length) throws IOException {
        byte[] claim = new byte[16];
        CodedOutputStream out = CodedOutputStream.newInstance(claim);
        out.writeTag(field, 2);
        out.writeUInt32NoTag(length);
        return claim;
    }

    private static UnknownFieldSet unknown(int field) {
        return UnknownFieldSet.newBuilder()
                .addField(
                        field,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8(""))
                                .build())
                .build();
    }

    private static ByteString bytes(int count) {
        return ByteString.copyFrom(new byte[count]);
    }

    private void tensor(String name, OnnxException.Code code, Consumer<TensorProto.Builder> change)
            throws IOException {
        graph(name, code, graph -> change.accept(graph.getInitializerBuilder(0)));
    }

    private void graph(String name, OnnxException.Code code, Consumer<GraphProto.Builder> change)
            throws IOException {
        model(name, code, model -> change.accept(model.getGraphBuilder()));
    }

    private void model(String name, OnnxException.Code code, Consumer<ModelProto.Builder> change)
            throws IOException {
        ModelProto.Builder model = plain().toBuilder();
        change.accept(model);
        put(name, code, model.build().toByteArray());
    }

    private void put(String name, OnnxException.Code code, byte[] content) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".onnx"))) {
            out.write(content);
        }
        expected.put(name + ".onnx", code);
    }
}
