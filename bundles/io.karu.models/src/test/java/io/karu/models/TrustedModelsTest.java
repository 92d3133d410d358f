package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.uplink.HealthCheck;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog.Settings;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.Release;
import io.karu.modelversion.signing.RollbackOrder;
import io.karu.modelversion.signing.SigningKey;
import io.karu.modelversion.signing.TrustAnchor;
import io.karu.modelversion.signing.TrustStatement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Once somebody is trusted, only what they signed may decide. */
class TrustedModelsTest {
    private static final ModelRef SCALING = ModelRef.parse(Scaling.NAME);
    private static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir Path temp;
    private final SigningKey ours = key();
    private final SigningKey theirs = key();
    private OnnxEngine engine;
    private ModelCatalog catalog;

    @BeforeEach
    void start() throws Exception {
        engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        open(trusting(ours));
    }

    @AfterEach
    void stop() {
        catalog.close();
        engine.close();
    }

    private void open(Settings settings) throws IOException {
        catalog = new ModelCatalog(temp.resolve("store"), settings);
        catalog.engineArrived(engine);
    }

    private void restart(Settings settings) throws IOException {
        catalog.close();
        open(settings);
    }

    private static Settings trusting(SigningKey... keys) {
        return trusting(List.of(), keys);
    }

    private static Settings trusting(List<Envelope> statements, SigningKey... keys) {
        return new Settings(
                SessionOptions.SHARED_GATEWAY,
                64 << 20,
                List.of(keys).stream().map(SigningKey::anchor).toList(),
                statements);
    }

    private ModelVersionFolder version(int factor) throws Exception {
        return Scaling.version(temp.resolve("v" + factor), factor);
    }

    private static Envelope release(ModelVersionFolder version, long counter, SigningKey key) {
        return new Release(
                        version.card().name(),
                        version.card().version(),
                        version.digest(),
                        counter,
                        TIME)
                .sign(key);
    }

    private ModelVersionFolder install(int factor, long counter) throws Exception {
        ModelVersionFolder version = version(factor);
        Scaling.offer(catalog, version, release(version, counter, ours));
        Await.until("it is known", () -> status(version.digest()).isPresent());
        return version;
    }

    private void activate(ModelVersionFolder version) throws ModelException {
        catalog.activate(Scaling.NAME, "champion", version.digest());
    }

    private Optional<ModelStatus> status(Digest digest) {
        return catalog.status().stream().filter(s -> s.digest().equals(digest)).findFirst();
    }

    private float factor() throws Exception {
        return Await.until(
                "a lease",
                () -> {
                    try (ModelLease lease = catalog.lease(SCALING)) {
                        return Scaling.run(lease);
                    }
                });
    }

    private HealthCheck.Result trustCheck() {
        return catalog.check().stream()
                .filter(check -> check.name().equals("models.trust"))
                .findFirst()
                .orElseThrow();
    }

    private static void assertRefused(
            Code code, String message, org.junit.jupiter.api.function.Executable action) {
        ModelException refused = assertThrows(ModelException.class, action);
        assertEquals(code, refused.code(), refused.getMessage());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    private void assertRefusedBundle(ModelVersionFolder version, String reason) throws Exception {
        Await.until(
                "it is refused because " + reason,
                () ->
                        status(version.digest())
                                .flatMap(ModelStatus::reason)
                                .filter(said -> said.contains(reason))
                                .isPresent());
        assertEquals(1, factor());
        assertThrows(ModelException.class, () -> activate(version));
        assertEquals(1, factor());
    }

    @Test
    void aSignedVersionDecides() throws Exception {
        install(1, 1);
        assertEquals(1, factor());
        activate(install(2, 2));
        assertEquals(2, factor());
        assertTrue(trustCheck().ok(), trustCheck().reason());
    }

    @Test
    void anUnsignedVersionIsRefusedAndTheRunningOneGoesOn() throws Exception {
        install(1, 1);
        ModelVersionFolder unsigned = version(2);
        Scaling.offer(catalog, unsigned);
        assertRefusedBundle(unsigned, "is not signed");
    }

    @Test
    void aStrangersVersionIsRefused() throws Exception {
        install(1, 1);
        ModelVersionFolder strange = version(2);
        Scaling.offer(catalog, strange, release(strange, 2, theirs));
        assertRefusedBundle(strange, theirs.anchor().id());
    }

    @Test
    void aReleaseOfOtherContentIsRefused() throws Exception {
        ModelVersionFolder one = install(1, 1);
        ModelVersionFolder altered = version(2);
        Scaling.offer(catalog, altered, release(one, 2, ours));
        assertRefusedBundle(altered, one.digest().abbreviated());
    }

    @Test
    void anOlderReleaseNeedsAnOrderForThisGatewayThisVersionAndThisTime() throws Exception {
        activate(install(3, 3));
        ModelVersionFolder two = install(2, 2);
        assertRefused(Code.OUTDATED, "release 3 has decided", () -> activate(two));
        Instant later = Instant.now().plusSeconds(600);
        assertRefused(
                Code.NOT_TRUSTED,
                "is for gateway",
                () -> order(new RollbackOrder("another", Scaling.NAME, two.digest(), later), two));
        assertRefused(
                Code.NOT_TRUSTED,
                "expired",
                () ->
                        order(
                                new RollbackOrder(
                                        catalog.installation(), Scaling.NAME, two.digest(), TIME),
                                two));
        assertEquals(3, factor());
        order(new RollbackOrder(catalog.installation(), Scaling.NAME, two.digest(), later), two);
        assertEquals(2, factor());
    }

    private void order(RollbackOrder order, ModelVersionFolder version) throws ModelException {
        catalog.activate(
                Scaling.NAME,
                "champion",
                version.digest(),
                new String(order.sign(ours).toBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void whatDecidedBeforeMayDecideAgainWhateverItsCounter() throws Exception {
        ModelVersionFolder one = install(1, 1);
        assertEquals(1, factor());
        activate(install(2, 2));
        activate(one);
        assertEquals(1, factor());
        restart(trusting(ours));
        assertEquals(1, factor());
    }

    @Test
    void aChallengerNeedsASignedReleaseAndHavingRunInTheShadowIsNotHavingDecided()
            throws Exception {
        install(1, 1);
        assertEquals(1, factor());
        ModelVersionFolder unsigned = version(4);
        Scaling.offer(catalog, unsigned);
        assertThrows(ModelException.class, () -> challenge(unsigned));
        ModelVersionFolder three = install(3, 3);
        challenge(three);
        activate(install(2, 2));
        assertEquals(2, factor(), "release 3 has only run in the shadow");
        activate(install(5, 5));
        assertRefused(Code.OUTDATED, "release 5 has decided", () -> activate(three));
        assertRefused(Code.OUTDATED, "release 5 has decided", () -> challenge(three));
    }

    private void challenge(ModelVersionFolder version) throws ModelException {
        catalog.activate(Scaling.NAME, "challenger", version.digest());
    }

    @Test
    void aKeyChangesByAStatementAndNeverByConfigurationAlone() throws Exception {
        install(1, 1);
        assertEquals(1, factor());
        restart(trusting(theirs));
        assertFalse(trustCheck().ok());
        assertTrue(trustCheck().reason().contains("are not taken"), trustCheck().reason());
        ModelVersionFolder two = version(2);
        Scaling.offer(catalog, two, release(two, 2, theirs));
        assertRefusedBundle(two, theirs.anchor().id());
        Envelope statement = new TrustStatement(1, List.of(theirs.anchor())).sign(ours);
        catalog.configure(trusting(List.of(statement), theirs));
        Await.until("the new key is trusted", () -> trustCheck().ok());
        Await.until(
                "the refused version is in the store",
                () ->
                        status(two.digest())
                                .filter(s -> s.state() == ModelStatus.State.STORED)
                                .isPresent());
        activate(two);
        assertEquals(2, factor());
        restart(trusting(List.of(statement), ours));
        assertTrue(trustCheck().ok(), "what the first configuration said may stay there");
        assertEquals(2, factor());
    }

    @Test
    void whoMissedAChangeOfKeysFollowsTheWholeChain() throws Exception {
        SigningKey third = elliptic();
        Envelope first = new TrustStatement(1, List.of(theirs.anchor())).sign(ours);
        Envelope second = new TrustStatement(2, List.of(third.anchor())).sign(theirs);
        catalog.configure(trusting(List.of(second), third));
        Await.until("the gap is reported", () -> !trustCheck().ok());
        catalog.configure(trusting(List.of(first, second), third));
        Await.until("the third key is trusted", () -> trustCheck().ok());
        assertTrue(trustCheck().reason().contains(third.anchor().id()), trustCheck().reason());
        ModelVersionFolder one = version(1);
        Scaling.offer(catalog, one, release(one, 1, third));
        Await.until("an ECDSA key's release decides", () -> status(one.digest()).isPresent());

        catalog.close();
        catalog = new ModelCatalog(temp.resolve("new"), trusting(List.of(first, second), third));
        catalog.engineArrived(engine);
        assertTrue(trustCheck().ok(), "a new gateway begins with the newest key");
        SigningKey fourth = elliptic();
        Envelope next = new TrustStatement(3, List.of(fourth.anchor())).sign(third);
        catalog.configure(trusting(List.of(first, second, next), fourth));
        Await.until(
                "and follows from there",
                () -> trustCheck().reason().contains(fourth.anchor().id()) && trustCheck().ok());
    }

    private static SigningKey elliptic() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        return new SigningKey(pair.getPrivate(), TrustAnchor.of(pair.getPublic()));
    }

    @Test
    void modelsThatDecidedBeforeSomebodyWasTrustedGoOn() throws Exception {
        catalog.close();
        Path other = temp.resolve("other");
        catalog = new ModelCatalog(other, trusting());
        catalog.engineArrived(engine);
        Scaling.offer(catalog, version(1));
        assertEquals(1, factor());
        assertTrue(trustCheck().reason().contains("unsigned models may decide"));
        catalog.close();
        catalog = new ModelCatalog(other, trusting(ours));
        catalog.engineArrived(engine);
        assertEquals(1, factor());
        ModelVersionFolder unsigned = version(2);
        Scaling.offer(catalog, unsigned);
        assertRefusedBundle(unsigned, "is not signed");
    }

    private static SigningKey key() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            return new SigningKey(pair.getPrivate(), TrustAnchor.of(pair.getPublic()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
