package io.karu.modelversion.signing;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * A DSSE envelope: a payload of a named type with signatures over both. What is read from it is
 * only what {@link #verified} returns.
 */
public final class Envelope {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_SIGNATURES = 8;

    private record Signed(String keyId, byte[] signature) {}

    private final String type;
    private final byte[] payload;
    private final List<Signed> signatures;

    private Envelope(String type, byte[] payload, List<Signed> signatures) {
        this.type = type;
        this.payload = payload;
        this.signatures = List.copyOf(signatures);
    }

    /** Signs a payload. */
    static Envelope sign(String type, byte[] payload, SigningKey key) {
        byte[] signature = key.sign(authenticated(type, payload));
        return new Envelope(
                type, payload.clone(), List.of(new Signed(key.anchor().id(), signature)));
    }

    /**
     * Reads an envelope without believing it.
     *
     * @throws SignatureException when it is not one, or larger than 1 MiB
     */
    public static Envelope parse(byte[] json) throws SignatureException {
        if (json.length > MAX_BYTES) {
            throw new SignatureException(
                    "the envelope has "
                            + json.length
                            + " bytes, at most "
                            + MAX_BYTES
                            + " are read");
        }
        try {
            JsonObject object =
                    JsonParser.parseString(new String(json, StandardCharsets.UTF_8))
                            .getAsJsonObject();
            JsonArray listed = object.getAsJsonArray("signatures");
            if (listed == null || listed.isEmpty() || listed.size() > MAX_SIGNATURES) {
                throw new SignatureException(
                        "the envelope needs 1 to " + MAX_SIGNATURES + " signatures");
            }
            List<Signed> signatures = new ArrayList<>();
            for (JsonElement element : listed) {
                JsonObject signature = element.getAsJsonObject();
                signatures.add(
                        new Signed(
                                text(signature, "keyid"),
                                Base64.getDecoder().decode(text(signature, "sig"))));
            }
            return new Envelope(
                    text(object, "payloadType"),
                    Base64.getDecoder().decode(text(object, "payload")),
                    signatures);
        } catch (JsonParseException
                | IllegalArgumentException
                | IllegalStateException
                | ClassCastException e) {
            throw new SignatureException("not a DSSE envelope: " + e.getMessage(), e);
        }
    }

    /**
     * Reads one envelope, or a JSON array of them in their order.
     *
     * @throws SignatureException when it is neither
     */
    public static List<Envelope> parseAll(byte[] json) throws SignatureException {
        String text = new String(json, StandardCharsets.UTF_8).strip();
        if (!text.startsWith("[")) {
            return List.of(parse(json));
        }
        List<Envelope> envelopes = new ArrayList<>();
        try {
            for (JsonElement element : JsonParser.parseString(text).getAsJsonArray()) {
                envelopes.add(parse(element.toString().getBytes(StandardCharsets.UTF_8)));
            }
        } catch (JsonParseException e) {
            throw new SignatureException("not DSSE envelopes: " + e.getMessage(), e);
        }
        return envelopes;
    }

    /** The payload as it claims to be, believed by nobody. */
    byte[] claimed() {
        return payload.clone();
    }

    /**
     * The payload, once its type is the expected one and at least one anchor's signature is right.
     *
     * @throws SignatureException naming the keys that signed and those that are trusted
     */
    byte[] verified(String expectedType, Collection<TrustAnchor> anchors)
            throws SignatureException {
        if (!type.equals(expectedType)) {
            throw new SignatureException("signed is a " + type + ", expected a " + expectedType);
        }
        byte[] message = authenticated(type, payload);
        for (Signed signed : signatures) {
            for (TrustAnchor anchor : anchors) {
                if (anchor.id().equals(signed.keyId())) {
                    if (anchor.verifies(message, signed.signature())) {
                        return payload.clone();
                    }
                    throw new SignatureException(
                            "the signature of key "
                                    + anchor.id()
                                    + " does not fit: altered after signing");
                }
            }
        }
        throw new SignatureException(
                "signed by "
                        + signatures.stream().map(Signed::keyId).toList()
                        + ", which this gateway does not trust; it trusts "
                        + anchors.stream().map(TrustAnchor::id).toList());
    }

    /** The envelope as JSON; the same envelope gives the same bytes. */
    public byte[] toBytes() {
        JsonObject object = new JsonObject();
        object.addProperty("payloadType", type);
        object.addProperty("payload", Base64.getEncoder().encodeToString(payload));
        JsonArray listed = new JsonArray();
        for (Signed signed : signatures) {
            JsonObject signature = new JsonObject();
            signature.addProperty("keyid", signed.keyId());
            signature.addProperty("sig", Base64.getEncoder().encodeToString(signed.signature()));
            listed.add(signature);
        }
        object.add("signatures", listed);
        return JSON.toJson(object).getBytes(StandardCharsets.UTF_8);
    }

    /** DSSE's pre-authentication encoding: what is really signed. */
    static byte[] authenticated(String type, byte[] payload) {
        byte[] name = type.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + name.length + 40);
        out.writeBytes(("DSSEv1 " + name.length + " ").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(name);
        out.writeBytes((" " + payload.length + " ").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private static String text(JsonObject object, String key) throws SignatureException {
        JsonElement value = object.get(key);
        if (value == null || !value.isJsonPrimitive()) {
            throw new SignatureException("the envelope lacks " + key);
        }
        return Objects.requireNonNull(value.getAsString());
    }
}
