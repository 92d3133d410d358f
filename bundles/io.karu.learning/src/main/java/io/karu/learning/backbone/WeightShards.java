package io.karu.learning.backbone;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The weights of a TensorFlow.js model: groups of shards, each group the tensors one after the
 * other, raw little-endian. Groups whose shards are absent are left out.
 */
final class WeightShards {
    private static final long LARGEST_GROUP = 512L << 20;

    private final Map<String, Weights> tensors = new HashMap<>();

    /** A tensor: its shape and values in TensorFlow's order. */
    record Weights(int[] shape, float[] values) {
        int dimension(int index) {
            return shape[index];
        }
    }

    private WeightShards() {}

    static WeightShards read(Path folder, JsonArray manifest) throws IOException {
        WeightShards shards = new WeightShards();
        for (JsonElement group : manifest) {
            shards.readGroup(folder, group.getAsJsonObject());
        }
        return shards;
    }

    /** The tensor of that name ({@code layer/kernel}); empty when its group is absent. */
    Optional<Weights> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    private void readGroup(Path folder, JsonObject group) throws IOException {
        List<Path> files = new ArrayList<>();
        for (JsonElement path : group.getAsJsonArray("paths")) {
            Path file = folder.resolve(path.getAsString()).normalize();
            if (!file.startsWith(folder.normalize())) {
                throw new BackboneException(path.getAsString() + " lies outside the model");
            }
            if (!Files.isRegularFile(file)) {
                return;
            }
            files.add(file);
        }
        ByteBuffer bytes = concatenate(files);
        for (JsonElement element : group.getAsJsonArray("weights")) {
            JsonObject weight = element.getAsJsonObject();
            String name = weight.get("name").getAsString();
            if (!"float32".equals(weight.get("dtype").getAsString())) {
                throw new BackboneException(
                        "weights "
                                + name
                                + " are "
                                + weight.get("dtype")
                                + ", only float32 is read");
            }
            JsonArray dimensions = weight.getAsJsonArray("shape");
            int[] shape = new int[dimensions.size()];
            long count = 1;
            for (int i = 0; i < shape.length; i++) {
                shape[i] = dimensions.get(i).getAsInt();
                count *= shape[i];
            }
            if (count < 0 || count * Float.BYTES > bytes.remaining()) {
                throw new BackboneException(
                        "weights "
                                + name
                                + " need "
                                + count
                                + " values, their shard "
                                + files
                                + " holds "
                                + bytes.remaining() / Float.BYTES
                                + " more");
            }
            float[] values = new float[(int) count];
            bytes.asFloatBuffer().get(values);
            bytes.position(bytes.position() + values.length * Float.BYTES);
            tensors.put(name, new Weights(shape, values));
        }
        if (bytes.hasRemaining()) {
            throw new BackboneException(
                    files + ": " + bytes.remaining() + " bytes more than the manifest names");
        }
    }

    private static ByteBuffer concatenate(List<Path> files) throws IOException {
        long size = 0;
        for (Path file : files) {
            size += Files.size(file);
        }
        if (size > LARGEST_GROUP) {
            throw new BackboneException(files + ": " + size + " bytes, at most " + LARGEST_GROUP);
        }
        ByteBuffer all = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        for (Path file : files) {
            all.put(Files.readAllBytes(file));
        }
        return all.flip();
    }
}
