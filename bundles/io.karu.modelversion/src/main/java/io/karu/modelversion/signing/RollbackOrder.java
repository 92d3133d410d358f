package io.karu.modelversion.signing;

import com.google.gson.JsonObject;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelRef;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.Objects;

/**
 * A signed order that lets one gateway go back to a version with a lower counter that it has not
 * accepted before. It expires, so that replaying it later is refused.
 *
 * @param gateway client id of the gateway that it is for
 * @param digest the version to go back to
 */
public record RollbackOrder(String gateway, String name, Digest digest, Instant expires) {
    /** DSSE payload type. */
    public static final String TYPE = "application/vnd.karu.rollback-order+json";

    public RollbackOrder {
        Objects.requireNonNull(gateway, "gateway");
        ModelRef.requireName(name);
        Objects.requireNonNull(digest, "digest");
        Objects.requireNonNull(expires, "expires");
    }

    /** Signs the order. */
    public Envelope sign(SigningKey key) {
        JsonObject object = Statement.begin();
        object.addProperty("gateway", gateway);
        object.addProperty("name", name);
        object.addProperty("digest", digest.value());
        object.addProperty("expires", expires.toString());
        return Envelope.sign(TYPE, object.toString().getBytes(StandardCharsets.UTF_8), key);
    }

    /**
     * The order that an envelope states.
     *
     * @throws SignatureException when nobody trusted signed it, or a field is missing or wrong
     */
    public static RollbackOrder verify(Envelope envelope, Collection<TrustAnchor> anchors)
            throws SignatureException {
        Statement statement = Statement.of(envelope, TYPE, anchors);
        try {
            return new RollbackOrder(
                    statement.text("gateway"),
                    statement.text("name"),
                    new Digest(statement.text("digest")),
                    statement.instant("expires"));
        } catch (IllegalArgumentException e) {
            throw new SignatureException("the rollback order is not right: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that this order lets this gateway use that version now.
     *
     * @throws SignatureException naming what does not fit
     */
    public void requireFor(String thisGateway, String model, Digest wanted, Instant now)
            throws SignatureException {
        if (!gateway.equals(thisGateway)) {
            throw new SignatureException(
                    "the rollback order is for gateway " + gateway + ", this is " + thisGateway);
        }
        if (!name.equals(model) || !digest.equals(wanted)) {
            throw new SignatureException(
                    "the rollback order names "
                            + name
                            + " "
                            + digest.abbreviated()
                            + ", wanted is "
                            + model
                            + " "
                            + wanted.abbreviated());
        }
        if (!now.isBefore(expires)) {
            throw new SignatureException("the rollback order expired at " + expires);
        }
    }
}
