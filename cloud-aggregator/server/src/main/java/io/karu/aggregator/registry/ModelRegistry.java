package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.fleet.GatewayId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Models and their versions. Thread-safe. */
public interface ModelRegistry {
    /** Every version, by name and then newest first. */
    List<ModelVersion> list();

    /** The versions of one model, newest first; {@code MODEL_NOT_FOUND} when no such model is. */
    List<ModelVersion> versions(String name);

    /**
     * A version by its digest, with or without {@code sha256:}, or its first 12 or more hexadecimal
     * digits.
     */
    Optional<ModelVersion> find(String name, String digest);

    /** As {@link #find}; {@code MODEL_NOT_FOUND} when there is none. */
    ModelVersion get(String name, String digest);

    /**
     * Registers a version given as a zip of its folder ({@code model.onnx}, {@code model.json},
     * {@code golden/}), and wraps it as a model bundle in a deployment package. The same content
     * again gives the same version.
     *
     * @throws AggregatorException {@code MODEL_INVALID}
     */
    ModelVersion register(InputStream zip, String registeredBy) throws IOException;

    /** As {@link #register(InputStream, String)} from a folder on this machine. */
    ModelVersion register(Path folder, String registeredBy) throws IOException;

    /**
     * As {@link #register(Path, String)}, of a version whose card must name this model.
     *
     * @throws AggregatorException {@code MODEL_INVALID} when it names another
     */
    ModelVersion register(Path folder, String name, String registeredBy) throws IOException;

    /**
     * What the check of the upload found out of the graph (see {@link UploadCheck}); empty for
     * versions of before there was one.
     */
    JsonNode facts(ModelVersion version);

    /**
     * Removes a version with its reports and its package. Its counter is not given again.
     *
     * @throws AggregatorException {@code MODEL_NOT_FOUND}, {@code MODEL_IN_USE} when an alias means
     *     it or a gateway has or should have it
     */
    void remove(String name, String digest);

    /**
     * The version with a package whose release is signed with a key that gateways are told to
     * trust; released again when the key of before was revoked.
     */
    ModelVersion released(ModelVersion version);

    /** Queues the installation of the version's package. Installing is not activating. */
    Job install(GatewayId gateway, String name, String digest, String origin);

    /** Queues the activation of an installed version under an alias. */
    Job activate(GatewayId gateway, String name, String alias, String digest, String origin);

    /**
     * Queues {@code EXEC/models/rollback}: the version that decided before decides again, and the
     * desired state follows.
     */
    Job rollBack(GatewayId gateway, String name, String alias, String origin);
}
