package io.karu.models;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.modelversion.Sha256;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.Release;
import io.karu.modelversion.signing.RollbackOrder;
import io.karu.modelversion.signing.SignatureException;
import io.karu.modelversion.signing.TrustAnchor;
import io.karu.modelversion.signing.TrustStatement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Whom this gateway believes, durably. Nobody at first: then any model may decide. The anchors of
 * the first configuration are taken; from then on only signed models decide, and anchors change
 * only by a statement that one of them signed. Confined to one thread.
 */
final class Trust {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path file;
    private final String installation;
    private long sequence;
    private String taken = "";
    private List<TrustAnchor> configured = List.of();
    private List<TrustAnchor> anchors = List.of();

    /** Opens the file, or begins one with a new installation id. */
    Trust(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            try {
                JsonObject json = GSON.fromJson(Files.readString(file), JsonObject.class);
                installation = json.get("installation").getAsString();
                sequence = json.get("sequence").getAsLong();
                taken = json.get("taken").getAsString();
                configured = read(json.getAsJsonArray("configured"));
                anchors = read(json.getAsJsonArray("anchors"));
            } catch (JsonParseException | NullPointerException | IllegalArgumentException e) {
                throw new IOException(
                        file
                                + " is damaged, so that nobody can be trusted; restore it or, after finding out why, remove it: "
                                + e.getMessage(),
                        e);
            }
        } else {
            installation = UUID.randomUUID().toString();
            write();
        }
    }

    /** Names this gateway in rollback orders; random, made at the first start. */
    String installation() {
        return installation;
    }

    /** Whether only signed models may decide. */
    boolean isEstablished() {
        return !anchors.isEmpty();
    }

    List<TrustAnchor> anchors() {
        return anchors;
    }

    /**
     * Takes the configured anchors when nobody is trusted yet.
     *
     * @return what is wrong when they differ from those that are trusted; they are not taken then
     */
    Optional<String> configure(List<TrustAnchor> wanted) throws IOException {
        if (!isEstablished() && !wanted.isEmpty()) {
            List<TrustAnchor> before = configured;
            configured = List.copyOf(wanted);
            anchors = configured;
            try {
                write();
            } catch (IOException e) {
                configured = before;
                anchors = before;
                throw e;
            }
        }
        if (ids(wanted).equals(ids(anchors)) || ids(wanted).equals(ids(configured))) {
            return Optional.empty();
        }
        return Optional.of(
                "the configured trust anchors "
                        + ids(wanted)
                        + " are not taken: this gateway trusts "
                        + ids(anchors)
                        + ", and that changes only by a statement that one of them signed");
    }

    /**
     * Takes the anchors of statements, each signed by one of the anchors before it. Of a chain,
     * what leads to the present anchors is passed over: given again it changes nothing.
     *
     * @param chain in the order in which the keys changed
     */
    void change(List<Envelope> chain) throws ModelException {
        try {
            for (Envelope envelope : chain.subList(known(chain), chain.size())) {
                TrustStatement statement = TrustStatement.verify(envelope, anchors);
                if (statement.sequence() <= sequence) {
                    throw new SignatureException(
                            "the trust statement has sequence "
                                    + statement.sequence()
                                    + ", this gateway has taken "
                                    + sequence
                                    + " already");
                }
                take(statement, Sha256.of(envelope.toBytes()).hex());
            }
        } catch (SignatureException e) {
            throw new ModelException(Code.NOT_TRUSTED, e.getMessage(), e);
        }
    }

    /** How many statements at the beginning lead to what is trusted already. */
    private int known(List<Envelope> chain) throws SignatureException {
        int known = 0;
        for (int i = 0; i < chain.size(); i++) {
            TrustStatement claimed = TrustStatement.claimed(chain.get(i));
            boolean isTaken = Sha256.of(chain.get(i).toBytes()).hex().equals(taken);
            boolean saysWhatHolds =
                    claimed.sequence() >= sequence && ids(claimed.anchors()).equals(ids(anchors));
            if (isTaken || saysWhatHolds) {
                known = i + 1;
            }
        }
        return known;
    }

    private void take(TrustStatement statement, String id) throws ModelException {
        List<TrustAnchor> anchorsBefore = anchors;
        long sequenceBefore = sequence;
        String takenBefore = taken;
        anchors = statement.anchors();
        sequence = statement.sequence();
        taken = id;
        try {
            write();
        } catch (IOException e) {
            anchors = anchorsBefore;
            sequence = sequenceBefore;
            taken = takenBefore;
            throw new ModelException(
                    Code.STORE_FAILED, file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /**
     * The release that vouches for a version.
     *
     * @param envelope as its bundle carries it
     * @throws ModelException {@code NOT_TRUSTED}; the message says why
     */
    Release require(String name, String version, Digest digest, Optional<byte[]> envelope)
            throws ModelException {
        String what = name + " " + version + " (" + digest.abbreviated() + ")";
        if (envelope.isEmpty()) {
            throw new ModelException(
                    Code.NOT_TRUSTED,
                    what
                            + " is not signed; this gateway trusts only what "
                            + ids(anchors)
                            + " signed");
        }
        try {
            Release release = Release.verify(Envelope.parse(envelope.get()), anchors);
            release.requireOf(name, version, digest);
            return release;
        } catch (SignatureException e) {
            throw new ModelException(Code.NOT_TRUSTED, what + ": " + e.getMessage(), e);
        }
    }

    /** Checks that an order lets this gateway go back to that version now. */
    void requireOrder(byte[] envelope, String name, Digest digest, Instant now)
            throws ModelException {
        try {
            RollbackOrder.verify(Envelope.parse(envelope), anchors)
                    .requireFor(installation, name, digest, now);
        } catch (SignatureException e) {
            throw new ModelException(Code.NOT_TRUSTED, e.getMessage(), e);
        }
    }

    private void write() throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty("installation", installation);
        json.addProperty("sequence", sequence);
        json.addProperty("taken", taken);
        json.add("configured", write(configured));
        json.add("anchors", write(anchors));
        ModelStore.replace(file, (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static JsonArray write(List<TrustAnchor> anchors) {
        JsonArray array = new JsonArray();
        anchors.forEach(anchor -> array.add(anchor.pem()));
        return array;
    }

    private static List<TrustAnchor> read(JsonArray array) {
        List<TrustAnchor> anchors = new ArrayList<>();
        for (JsonElement pem : array) {
            anchors.addAll(TrustAnchor.parse(pem.getAsString()));
        }
        if (anchors.size() != array.size()) {
            throw new IllegalArgumentException("a key is missing");
        }
        return List.copyOf(anchors);
    }

    private static List<String> ids(List<TrustAnchor> anchors) {
        return anchors.stream().map(TrustAnchor::id).sorted().toList();
    }
}
