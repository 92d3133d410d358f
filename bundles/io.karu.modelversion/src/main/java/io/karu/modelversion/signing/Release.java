package io.karu.modelversion.signing;

import com.google.gson.JsonObject;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelRef;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.Objects;

/**
 * The signed manifest of a model version: this content was released under this name. The digest
 * stands for every file of the version ({@link Digest}).
 *
 * @param name model name
 * @param version the author's label
 * @param digest identity of the content
 * @param counter grows with each release of that name; a gateway does not let a lower one decide
 *     that it has not accepted before
 * @param at when it was released
 */
public record Release(String name, String version, Digest digest, long counter, Instant at) {
    /** DSSE payload type. */
    public static final String TYPE = "application/vnd.karu.model-release+json";

    public Release {
        ModelRef.requireName(name);
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(digest, "digest");
        Objects.requireNonNull(at, "at");
        if (counter < 0) {
            throw new IllegalArgumentException("counter must be at least 0, was " + counter);
        }
    }

    /** Signs the release. */
    public Envelope sign(SigningKey key) {
        JsonObject object = Statement.begin();
        object.addProperty("name", name);
        object.addProperty("version", version);
        object.addProperty("digest", digest.value());
        object.addProperty("counter", counter);
        object.addProperty("at", at.toString());
        return Envelope.sign(TYPE, object.toString().getBytes(StandardCharsets.UTF_8), key);
    }

    /**
     * The release that an envelope states.
     *
     * @throws SignatureException when nobody trusted signed it, or a field is missing or wrong
     */
    public static Release verify(Envelope envelope, Collection<TrustAnchor> anchors)
            throws SignatureException {
        Statement statement = Statement.of(envelope, TYPE, anchors);
        try {
            return new Release(
                    statement.text("name"),
                    statement.text("version"),
                    new Digest(statement.text("digest")),
                    statement.number("counter"),
                    statement.instant("at"));
        } catch (IllegalArgumentException e) {
            throw new SignatureException("the signed release is not right: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that this release is of that version.
     *
     * @throws SignatureException naming what differs
     */
    public void requireOf(String actualName, String actualVersion, Digest actual)
            throws SignatureException {
        if (!digest.equals(actual) || !name.equals(actualName) || !version.equals(actualVersion)) {
            throw new SignatureException(
                    "signed is "
                            + name
                            + " "
                            + version
                            + " ("
                            + digest.abbreviated()
                            + "), the content is "
                            + actualName
                            + " "
                            + actualVersion
                            + " ("
                            + actual.abbreviated()
                            + ")");
        }
    }
}
