package io.karu.onnx;

import io.karu.onnx.proto.ModelProto;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads and writes {@code .onnx} files. */
public final class OnnxFile {
    private OnnxFile() {}

    /**
     * Reads a model; parts that Karu has no name for are kept and written again.
     *
     * @throws IOException when the file cannot be read or is not ONNX
     */
    public static ModelProto read(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            ModelProto model = ModelProto.parseFrom(in);
            if (!model.hasGraph()) {
                throw new IOException(file + " is not an ONNX model: it holds no graph");
            }
            return model;
        }
    }

    /** Writes a model; equal models give equal bytes. */
    public static void write(ModelProto model, Path file) throws IOException {
        Files.write(file, model.toByteArray());
    }
}
