package io.karu.onnx;

import com.google.protobuf.ByteString;
import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.GraphProto;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.StringStringEntryProto;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.TensorProto.DataLocation;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Tensor data in files beside the model, as ONNX's format for large models keeps them. */
final class ExternalData {
    private final Path folder;
    private long left;

    private ExternalData(Path folder, long memoryBytes) {
        this.folder = folder;
        left = memoryBytes;
    }

    /**
     * The model with all tensor data inside.
     *
     * @param folder the model's, without symbolic links
     * @param memoryBytes most bytes of data to read
     */
    static ModelProto inline(ModelProto model, Path folder, long memoryBytes) throws IOException {
        GraphProto.Builder graph = model.getGraph().toBuilder();
        ExternalData data = new ExternalData(folder, memoryBytes);
        boolean changed = false;
        for (int i = 0; i < graph.getInitializerCount(); i++) {
            if (isExternal(graph.getInitializer(i))) {
                graph.setInitializer(i, data.read(graph.getInitializer(i)));
                changed = true;
            }
        }
        for (int i = 0; i < graph.getNodeCount(); i++) {
            if (graph.getNode(i).getAttributeList().stream().anyMatch(a -> isExternal(a.getT()))) {
                graph.setNode(i, data.read(graph.getNode(i)));
                changed = true;
            }
        }
        return changed ? model.toBuilder().setGraph(graph).build() : model;
    }

    private static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == DataLocation.EXTERNAL;
    }

    private NodeProto read(NodeProto node) throws IOException {
        NodeProto.Builder inline = node.toBuilder();
        for (AttributeProto.Builder attribute : inline.getAttributeBuilderList()) {
            if (isExternal(attribute.getT())) {
                attribute.setT(read(attribute.getT()));
            }
        }
        return inline.build();
    }

    private TensorProto read(TensorProto tensor) throws IOException {
        String name = tensor.getName();
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        long[] sizes = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
        for (long size : sizes) {
            if (size < 0) {
                throw OnnxException.tensor(Code.DATA, name, "has a negative dimension");
            }
        }
        DataType type = DataType.forNumber(tensor.getDataType());
        long bytes =
                ElementType.bytes(name, type == null ? DataType.UNDEFINED : type, Shape.of(sizes));
        long offset = number(name, entries, "offset", 0);
        long length = number(name, entries, "length", bytes);
        if (length != bytes) {
            throw OnnxException.tensor(
                    Code.DATA,
                    name,
                    "names " + length + " bytes of data, its type and shape want " + bytes);
        }
        if (bytes > left || bytes > Integer.MAX_VALUE - 8) {
            throw OnnxException.tensor(
                    Code.TOO_LARGE, name, "wants " + bytes + " bytes, " + left + " are left");
        }
        left -= bytes;
        Path file = file(name, entries.getOrDefault("location", ""));
        return tensor.toBuilder()
                .clearExternalData()
                .clearDataLocation()
                .setRawData(read(name, file, offset, (int) bytes))
                .build();
    }

    private static long number(
            String name, Map<String, String> entries, String key, long otherwise) {
        String text = entries.get(key);
        try {
            long value = text == null ? otherwise : Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Refused below, with the text.
        }
        throw OnnxException.tensor(
                Code.EXTERNAL_DATA, name, "has the " + key + " " + text + " of external data");
    }

    /** The file of a location; refuses all that is not a plain file inside the model's folder. */
    private Path file(String name, String location) throws IOException {
        Path file;
        try {
            file = folder.resolve(location).normalize();
        } catch (InvalidPathException e) {
            throw refused(name, location, "which is not a path");
        }
        boolean inside =
                !location.isEmpty()
                        && !Path.of(location).isAbsolute()
                        && file.startsWith(folder)
                        && !file.equals(folder);
        if (!inside) {
            throw refused(name, location, "which is not inside the model's folder");
        }
        try {
            if (!file.toRealPath().equals(file)) {
                throw refused(name, location, "which is or passes a symbolic link");
            }
        } catch (NoSuchFileException e) {
            throw refused(name, location, "which is not there");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw refused(name, location, "which is not a file");
        }
        return file;
    }

    private static ByteString read(String name, Path file, long offset, int bytes)
            throws IOException {
        try (SeekableByteChannel channel =
                Files.newByteChannel(
                        file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            if (offset > channel.size() - bytes) {
                throw OnnxException.tensor(
                        Code.EXTERNAL_DATA,
                        name,
                        "wants "
                                + bytes
                                + " bytes from "
                                + offset
                                + " on of "
                                + file.getFileName()
                                + ", which has "
                                + channel.size());
            }
            ByteBuffer data = ByteBuffer.allocate(bytes);
            channel.position(offset);
            while (data.hasRemaining()) {
                if (channel.read(data) < 0) {
                    throw OnnxException.tensor(
                            Code.EXTERNAL_DATA, name, file.getFileName() + " was cut off");
                }
            }
            return ByteString.copyFrom(data.flip());
        }
    }

    private static OnnxException refused(String name, String location, String why) {
        return OnnxException.tensor(
                Code.EXTERNAL_DATA, name, "has its data in " + location + ", " + why);
    }
}
