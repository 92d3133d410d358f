package io.karu.aggregator.security;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Secrets;
import io.karu.api.model.Digest;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.Release;
import io.karu.modelversion.signing.RollbackOrder;
import io.karu.modelversion.signing.SignatureException;
import io.karu.modelversion.signing.SigningKey;
import io.karu.modelversion.signing.TrustAnchor;
import io.karu.modelversion.signing.TrustStatement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs releases of model versions and rollback orders with the aggregator's own key, made at its
 * first use. Gateways get the public key as their trust anchor, and follow a change of keys by
 * statements that the key before signed. Thread-safe.
 */
public final class ModelSigning {
    /** Name of the first key; those after it have a number at their end. */
    static final String KEY = "models";

    private static final Logger LOG = LoggerFactory.getLogger(ModelSigning.class);
    private static final Duration ORDER_LIFE = Duration.ofMinutes(10);

    private final KeyVault vault;
    private final Path file;
    private SigningKey key;
    private String name = KEY;
    private List<TrustAnchor> anchors;
    private final List<Envelope> statements = new ArrayList<>();

    /** What happens to the key of before when the keys change. */
    public enum OldKey {
        /** What it signed stays trusted; for a change that was planned. */
        STAYS_TRUSTED,
        /** What it signed is trusted no more, except where it decided before; for a stolen key. */
        IS_REVOKED
    }

    /**
     * Whom gateways are told to trust.
     *
     * @param key id of the key that signs now
     * @param sequence number of changes so far
     * @param anchors the public keys
     */
    public record TrustState(
            String key, String algorithm, long sequence, List<TrustAnchor> anchors) {
        public TrustState {
            anchors = List.copyOf(anchors);
        }
    }

    private ModelSigning(KeyVault vault, Path file) throws IOException, GeneralSecurityException {
        this.vault = vault;
        this.file = file;
        if (Files.exists(file)) {
            read();
        }
        Optional<SigningKey> known = vault.find(name);
        if (known.isEmpty() && !statements.isEmpty()) {
            throw new IOException("the signing key " + name + " is gone from its keystore");
        }
        key = known.isPresent() ? known.get() : vault.create(name);
        if (anchors == null) {
            anchors = List.of(key.anchor());
        } else if (anchors.stream().noneMatch(anchor -> anchor.id().equals(key.anchor().id()))) {
            throw new IOException(
                    "the signing key " + name + " is not the one that " + file + " names");
        }
        vault.keepOnly(name);
    }

    /**
     * Opens the keystore of a folder, or makes it with a new key.
     *
     * @param folder holds {@code models.p12}, its password and {@code trust.json}
     * @throws IOException when they cannot be read or written
     */
    public static ModelSigning open(Path folder) throws IOException {
        return open(folder, Optional.empty());
    }

    /**
     * As {@link #open(Path)}, with the private keys in a token.
     *
     * @param token absent: in the folder's keystore
     */
    public static ModelSigning open(Path folder, Optional<Pkcs11> token) throws IOException {
        Files.createDirectories(folder);
        KeyVault vault = token.isPresent() ? KeyVault.token(token.get()) : KeyVault.file(folder);
        try {
            return new ModelSigning(vault, folder.resolve("trust.json"));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the signing key cannot be used: " + e.getMessage(), e);
        }
    }

    private void read() throws IOException {
        JsonNode state = Json.tree(Files.readString(file));
        name = state.path("key").asText(KEY);
        anchors = new ArrayList<>();
        for (JsonNode pem : state.path("anchors")) {
            anchors.addAll(TrustAnchor.parse(pem.asText()));
        }
        try {
            for (JsonNode statement : state.path("statements")) {
                statements.add(
                        Envelope.parse(statement.toString().getBytes(StandardCharsets.UTF_8)));
            }
        } catch (SignatureException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    /** What gateways believe: the public keys in PEM. */
    public synchronized String anchors() {
        StringBuilder pem = new StringBuilder();
        anchors.forEach(anchor -> pem.append(anchor.pem()));
        return pem.toString();
    }

    /**
     * How the keys came to be those of now: the signed statements as a gateway reads them; empty
     * when they never changed.
     */
    public synchronized Optional<String> statements() {
        if (statements.isEmpty()) {
            return Optional.empty();
        }
        List<String> all =
                statements.stream()
                        .map(statement -> new String(statement.toBytes(), StandardCharsets.UTF_8))
                        .toList();
        // gateways of before there was a list read a single one
        return Optional.of(all.size() == 1 ? all.get(0) : "[" + String.join(",", all) + "]");
    }

    public synchronized TrustState state() {
        return new TrustState(
                key.anchor().id(), key.anchor().key().getAlgorithm(), statements.size(), anchors);
    }

    /** Whether gateways that follow all statements believe a release. */
    public synchronized boolean vouchesFor(byte[] release) {
        try {
            Release.verify(Envelope.parse(release), anchors);
            return true;
        } catch (SignatureException e) {
            return false;
        }
    }

    /**
     * Makes a new key that signs from now on, and a statement of it signed with the key of before,
     * whose private half is destroyed.
     *
     * @throws IOException when the key or the statement cannot be kept; nothing has changed then
     */
    public synchronized TrustState rotate(OldKey old) throws IOException {
        long sequence = statements.size() + 1L;
        String newName = KEY + "-" + (sequence + 1);
        try {
            SigningKey made = vault.create(newName);
            List<TrustAnchor> trusted =
                    old == OldKey.IS_REVOKED
                            ? List.of(made.anchor())
                            : List.of(made.anchor(), key.anchor());
            List<Envelope> chain = new ArrayList<>(statements);
            chain.add(new TrustStatement(sequence, trusted).sign(key));
            write(newName, trusted, chain);
            SigningKey before = key;
            key = made;
            name = newName;
            anchors = trusted;
            statements.clear();
            statements.addAll(chain);
            LOG.info(
                    "Models are signed with key {} from now on; key {} {}",
                    key.anchor().id(),
                    before.anchor().id(),
                    old == OldKey.IS_REVOKED ? "is revoked" : "stays trusted");
            vault.keepOnly(newName);
            return state();
        } catch (GeneralSecurityException e) {
            throw new IOException("no new key could be made: " + e.getMessage(), e);
        }
    }

    private void write(String current, List<TrustAnchor> trusted, List<Envelope> chain)
            throws IOException {
        ObjectNode state = Json.MAPPER.createObjectNode();
        state.put("key", current);
        ArrayNode pems = state.putArray("anchors");
        trusted.forEach(anchor -> pems.add(anchor.pem()));
        ArrayNode signed = state.putArray("statements");
        chain.forEach(
                statement ->
                        signed.add(
                                Json.tree(
                                        new String(statement.toBytes(), StandardCharsets.UTF_8))));
        Secrets.write(file, state.toPrettyString());
    }

    /** Signs the release of a version. */
    public synchronized Envelope release(
            String model, String version, Digest digest, long counter) {
        return new Release(
                        model,
                        version,
                        digest,
                        counter,
                        Instant.now().truncatedTo(ChronoUnit.SECONDS))
                .sign(key);
    }

    /**
     * Lets one gateway go back to a version, for ten minutes.
     *
     * @param installation what the gateway calls itself in {@code GET/models}
     */
    public synchronized Envelope rollbackOrder(String installation, String model, Digest digest) {
        return new RollbackOrder(
                        installation,
                        model,
                        digest,
                        Instant.now().plus(ORDER_LIFE).truncatedTo(ChronoUnit.SECONDS))
                .sign(key);
    }
}
