package io.karu.modelversion.signing;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads the fields of a verified payload; each error names the field. */
final class Statement {
    /** Contract of the signed statements. */
    static final int CONTRACT = 1;

    private final JsonObject fields;

    private Statement(JsonObject fields) {
        this.fields = fields;
    }

    /** Verifies an envelope and begins to read it. */
    static Statement of(Envelope envelope, String type, Collection<TrustAnchor> anchors)
            throws SignatureException {
        return read(envelope.verified(type, anchors));
    }

    /** Begins to read a payload. */
    static Statement read(byte[] payload) throws SignatureException {
        try {
            Statement statement =
                    new Statement(
                            JsonParser.parseString(new String(payload, StandardCharsets.UTF_8))
                                    .getAsJsonObject());
            if (statement.number("contract") > CONTRACT) {
                throw new SignatureException(
                        "the statement is of contract "
                                + statement.number("contract")
                                + ", this gateway knows "
                                + CONTRACT
                                + "; upgrade karu-base");
            }
            return statement;
        } catch (JsonParseException | IllegalStateException e) {
            throw new SignatureException("the signed statement is not JSON: " + e.getMessage(), e);
        }
    }

    /** A payload under construction. */
    static JsonObject begin() {
        JsonObject object = new JsonObject();
        object.addProperty("contract", CONTRACT);
        return object;
    }

    String text(String field) throws SignatureException {
        return primitive(field).getAsString();
    }

    long number(String field) throws SignatureException {
        try {
            return primitive(field).getAsLong();
        } catch (NumberFormatException e) {
            throw new SignatureException("the signed field " + field + " is not a number", e);
        }
    }

    Instant instant(String field) throws SignatureException {
        try {
            return Instant.parse(text(field));
        } catch (DateTimeException e) {
            throw new SignatureException("the signed field " + field + " is not a time", e);
        }
    }

    List<String> texts(String field) throws SignatureException {
        if (!(fields.get(field) instanceof JsonArray array)) {
            throw new SignatureException("the signed statement lacks the list " + field);
        }
        List<String> texts = new ArrayList<>();
        for (JsonElement element : array) {
            if (!element.isJsonPrimitive()) {
                throw new SignatureException("the signed list " + field + " holds more than texts");
            }
            texts.add(element.getAsString());
        }
        return texts;
    }

    private JsonElement primitive(String field) throws SignatureException {
        JsonElement value = fields.get(field);
        if (value == null || !value.isJsonPrimitive()) {
            throw new SignatureException("the signed statement lacks " + field);
        }
        return value;
    }
}
