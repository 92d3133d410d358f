package io.karu.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.ModelProto;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads and writes {@code .onnx} files. */
public final class OnnxFile {
    private OnnxFile() {}

    /** Reads a model within {@link Limits#DEFAULT}. */
    public static ModelProto read(Path file) throws IOException {
        return read(file, Limits.DEFAULT);
    }

    /**
     * Reads a model and the tensor data that it keeps in files of its folder; parts that Karu has
     * no name for are kept and written again. {@link Validation} says whether it can be used.
     *
     * @throws IOException when a file cannot be read
     * @throws OnnxException when it is not ONNX, is larger than the limits, or names data outside
     *     its folder
     */
    public static ModelProto read(Path file, Limits limits) throws IOException {
        long size = Files.size(file);
        if (size > limits.fileBytes()) {
            throw OnnxException.model(
                    Code.TOO_LARGE,
                    file + " has " + size + " bytes, at most " + limits.fileBytes() + " are read");
        }
        long memory;
        ModelProto model;
        try {
            try (InputStream in = open(file)) {
                memory = WireScan.memory(in, ModelProto.getDescriptor(), limits.memoryBytes());
            }
            try (InputStream in = open(file)) {
                model = ModelProto.parseFrom(in);
            }
        } catch (InvalidProtocolBufferException e) {
            throw OnnxException.model(
                    Code.MALFORMED, file + " is not an ONNX model or cut off: " + e.getMessage());
        }
        if (!model.hasGraph()) {
            throw OnnxException.model(
                    Code.MALFORMED, file + " is not an ONNX model: it holds no graph");
        }
        Path folder = file.toRealPath().getParent();
        return ExternalData.inline(model, folder, limits.memoryBytes() - memory);
    }

    private static InputStream open(Path file) throws IOException {
        return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }

    /** Writes a model; equal models give equal bytes. */
    public static void write(ModelProto model, Path file) throws IOException {
        Files.write(file, model.toByteArray());
    }
}
