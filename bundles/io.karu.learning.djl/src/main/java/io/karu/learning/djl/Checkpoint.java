package io.karu.learning.djl;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.modelversion.Sha256;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A run's state in one file: numbers and settings as JSON, arrays as big-endian floats, a SHA-256
 * at the end. Written beside the old file and moved over it, so a kill at any moment leaves a whole
 * one.
 */
record Checkpoint(JsonObject facts, Map<String, float[]> arrays) {
    static final String FILE = "checkpoint.karu";
    private static final int MAGIC = 0x4b43_5031;

    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path fresh = folder.resolve(FILE + ".new");
        try (FileOutputStream file = new FileOutputStream(fresh.toFile())) {
            MessageDigest digest = Sha256.begin();
            DataOutputStream out =
                    new DataOutputStream(
                            new DigestOutputStream(
                                    new BufferedOutputStream(file, 1 << 16), digest));
            out.writeInt(MAGIC);
            text(out, facts.toString());
            out.writeInt(arrays.size());
            for (Map.Entry<String, float[]> each : arrays.entrySet()) {
                text(out, each.getKey());
                floats(out, each.getValue());
            }
            out.write(digest.digest());
            out.flush();
            file.getFD().sync();
        }
        Files.move(
                fresh,
                folder.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Null when there is none.
     *
     * @throws IOException when the file is not a whole checkpoint
     */
    static Checkpoint read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return null;
        }
        MessageDigest digest = Sha256.begin();
        try (DataInputStream in =
                new DataInputStream(
                        new DigestInputStream(
                                new BufferedInputStream(Files.newInputStream(file), 1 << 16),
                                digest))) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + " is not a checkpoint");
            }
            JsonObject facts = JsonParser.parseString(text(in)).getAsJsonObject();
            int count = in.readInt();
            Map<String, float[]> arrays = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                arrays.put(text(in), floats(in));
            }
            byte[] expected = digest.digest();
            if (!MessageDigest.isEqual(expected, in.readNBytes(expected.length))) {
                throw new IOException(file + " is damaged: its digest differs; delete it");
            }
            return new Checkpoint(facts, arrays);
        }
    }

    /** The arrays of one kind, without its prefix. */
    Map<String, float[]> arrays(String kind) {
        Map<String, float[]> some = new LinkedHashMap<>();
        arrays.forEach(
                (name, values) -> {
                    if (name.startsWith(kind)) {
                        some.put(name.substring(kind.length()), values);
                    }
                });
        return some;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    private static void floats(DataOutputStream out, float[] values) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length);
        buffer.asFloatBuffer().put(values);
        out.writeInt(values.length);
        out.write(buffer.array());
    }

    private static float[] floats(DataInputStream in) throws IOException {
        int count = in.readInt();
        float[] values = new float[count];
        ByteBuffer.wrap(in.readNBytes(4 * count)).asFloatBuffer().get(values);
        return values;
    }
}
