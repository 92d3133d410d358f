package io.karu.modelversion.signing;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/**
 * The anchors from now on, signed with an anchor of before: the only way in which a gateway that
 * trusts somebody comes to trust somebody else.
 *
 * @param sequence grows with each statement; a gateway refuses one that is not higher than its own
 * @param anchors at least one
 */
public record TrustStatement(long sequence, List<TrustAnchor> anchors) {
    /** DSSE payload type. */
    public static final String TYPE = "application/vnd.karu.trust+json";

    public TrustStatement {
        anchors = List.copyOf(anchors);
        if (anchors.isEmpty()) {
            throw new IllegalArgumentException("a trust statement needs at least one anchor");
        }
        if (sequence < 1) {
            throw new IllegalArgumentException("sequence must be at least 1, was " + sequence);
        }
    }

    /** Signs the statement with an anchor of before. */
    public Envelope sign(SigningKey key) {
        JsonObject object = Statement.begin();
        object.addProperty("sequence", sequence);
        JsonArray keys = new JsonArray();
        anchors.forEach(anchor -> keys.add(anchor.encoded()));
        object.add("anchors", keys);
        return Envelope.sign(TYPE, object.toString().getBytes(StandardCharsets.UTF_8), key);
    }

    /**
     * The statement that an envelope makes.
     *
     * @param before the anchors that are trusted now
     * @throws SignatureException when none of them signed it, or a field is missing or wrong
     */
    public static TrustStatement verify(Envelope envelope, Collection<TrustAnchor> before)
            throws SignatureException {
        return read(Statement.of(envelope, TYPE, before));
    }

    /**
     * What an envelope claims to state, whoever signed it: only for telling what is already taken
     * from what is still to be verified.
     *
     * @throws SignatureException when a field is missing or wrong
     */
    public static TrustStatement claimed(Envelope envelope) throws SignatureException {
        return read(Statement.read(envelope.claimed()));
    }

    private static TrustStatement read(Statement statement) throws SignatureException {
        try {
            return new TrustStatement(
                    statement.number("sequence"),
                    statement.texts("anchors").stream().map(TrustAnchor::decode).toList());
        } catch (IllegalArgumentException e) {
            throw new SignatureException("the trust statement is not right: " + e.getMessage(), e);
        }
    }
}
