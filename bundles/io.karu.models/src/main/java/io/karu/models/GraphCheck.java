package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.Graph;
import io.karu.onnx.Limits;
import io.karu.onnx.OnnxException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads a version's graph within limits before an engine sees it: a native engine may take memory
 * without bound, or end the process, on a graph that is broken on purpose. Confined to the worker's
 * thread.
 */
final class GraphCheck {
    private static final long LARGEST_VALUE = 1L << 31;

    /** Most of the heap: other work is done in the rest. */
    private final Limits limits =
            new Limits(
                    Integer.MAX_VALUE,
                    Math.max(1, Runtime.getRuntime().maxMemory() * 3 / 5),
                    LARGEST_VALUE);

    private final Set<Digest> sound = new HashSet<>();

    /**
     * Passes a graph that is well-formed and known; content that has passed is not read again.
     *
     * @throws ModelException {@code CORRUPT} when the graph contradicts itself, {@code
     *     ENGINE_REFUSED} when it is too large for this gateway or of a kind that it does not know
     */
    void require(ModelVersionFolder version) throws ModelException {
        if (sound.contains(version.digest())) {
            return;
        }
        try {
            Graph.read(version.graph(), limits);
            sound.add(version.digest());
        } catch (OnnxException e) {
            Code code =
                    switch (e.code()) {
                        case TOO_LARGE, OPSET, OPERATOR, UNSUPPORTED -> Code.ENGINE_REFUSED;
                        default -> Code.CORRUPT;
                    };
            throw new ModelException(code, "the graph is refused: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new ModelException(
                    Code.CORRUPT, "the graph is refused: it is nested too deeply", e);
        } catch (IOException e) {
            throw new ModelException(
                    Code.CORRUPT, "the graph cannot be read: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new ModelException(
                    Code.ENGINE_REFUSED,
                    "the graph does not fit this gateway's Java heap; give it more (-Xmx)",
                    e);
        }
    }

    /** The version has left the store. */
    void forget(Digest digest) {
        sound.remove(digest);
    }
}
