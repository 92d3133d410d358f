package io.karu.aggregator.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.security.ModelSigning.OldKey;
import io.karu.api.model.Digest;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.Release;
import io.karu.modelversion.signing.TrustAnchor;
import io.karu.modelversion.signing.TrustStatement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSigningTest {
    private static final Digest DIGEST = new Digest("sha256:" + "ab".repeat(32));
    private static final Path SOFTHSM = Path.of("/usr/lib/softhsm/libsofthsm2.so");

    @TempDir Path folder;

    @Test
    void aGatewayFollowsFromTheFirstKeyToTheNewestByTheStatementsAlone() throws Exception {
        ModelSigning signing = ModelSigning.open(folder);
        List<TrustAnchor> trusted = TrustAnchor.parse(signing.anchors());
        byte[] before = release(signing);
        assertEquals(Optional.empty(), signing.statements());

        signing.rotate(OldKey.STAYS_TRUSTED);
        assertTrue(signing.vouchesFor(before));
        signing.rotate(OldKey.IS_REVOKED);
        assertFalse(signing.vouchesFor(before));

        ModelSigning reopened = ModelSigning.open(folder);
        assertEquals(signing.state(), reopened.state());
        for (Envelope statement :
                Envelope.parseAll(
                        reopened.statements().orElseThrow().getBytes(StandardCharsets.UTF_8))) {
            trusted = TrustStatement.verify(statement, trusted).anchors();
        }
        Release.verify(Envelope.parse(release(reopened)), trusted);
        assertEquals(reopened.anchors(), trusted.get(0).pem());
    }

    @Test
    void onlyTheNewestPrivateKeyIsKeptAndOnlyItsOwnerReadsIt() throws Exception {
        ModelSigning.open(folder).rotate(OldKey.STAYS_TRUSTED);
        char[] password = Files.readString(folder.resolve("models-password")).strip().toCharArray();
        KeyStore store = KeyStore.getInstance(folder.resolve("models.p12").toFile(), password);
        assertEquals(List.of("models-2"), Collections.list(store.aliases()));
        for (String file : List.of("models.p12", "models-password", "trust.json")) {
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(folder.resolve(file))));
        }
        assertFalse(Files.readString(folder.resolve("trust.json")).contains("PRIVATE"));
    }

    @Test
    void aKeyInATokenSignsChangesAndNeverLeavesIt() throws Exception {
        Assumptions.assumeTrue(
                Files.exists(SOFTHSM), "SoftHSM2 is not installed: apt-get install softhsm2");
        Pkcs11 token = softToken();
        String pin = Files.readString(token.pinFile());
        Files.writeString(token.pinFile(), "wrong-pin");
        IOException refused =
                assertThrows(
                        IOException.class,
                        () -> ModelSigning.open(folder.resolve("keys"), Optional.of(token)));
        assertFalse(refused.getMessage().contains("wrong-pin"));
        assertTrue(refused.getMessage().contains("keys.pkcs11.slot"), refused.getMessage());
        Files.writeString(token.pinFile(), pin);
        ModelSigning signing = ModelSigning.open(folder.resolve("keys"), Optional.of(token));
        List<TrustAnchor> trusted = TrustAnchor.parse(signing.anchors());
        assertEquals("EC", signing.state().algorithm());
        Release.verify(Envelope.parse(release(signing)), trusted);

        signing.rotate(OldKey.IS_REVOKED);
        ModelSigning reopened = ModelSigning.open(folder.resolve("keys"), Optional.of(token));
        assertEquals(signing.state(), reopened.state());
        Envelope statement =
                Envelope.parse(
                        reopened.statements().orElseThrow().getBytes(StandardCharsets.UTF_8));
        Release.verify(
                Envelope.parse(release(reopened)),
                TrustStatement.verify(statement, trusted).anchors());
        assertFalse(Files.exists(folder.resolve("keys/models.p12")));
    }

    private static byte[] release(ModelSigning signing) {
        return signing.release("solder", "1", DIGEST, 1).toBytes();
    }

    /** SoftHSM reads its configuration from the environment, so this JVM's must name it. */
    private Pkcs11 softToken() throws Exception {
        Assumptions.assumeTrue(
                System.getenv("SOFTHSM2_CONF") != null, "SOFTHSM2_CONF names no configuration");
        Path configuration = Path.of(System.getenv("SOFTHSM2_CONF"));
        Path tokens = Files.createDirectories(folder.resolve("tokens"));
        Files.createDirectories(configuration.toAbsolutePath().getParent());
        Files.writeString(
                configuration,
                "directories.tokendir = "
                        + tokens
                        + "\nobjectstore.backend = file\nlog.level = ERROR\n");
        Process made =
                new ProcessBuilder(
                                "softhsm2-util",
                                "--init-token",
                                "--free",
                                "--label",
                                "karu",
                                "--so-pin",
                                "12345678",
                                "--pin",
                                "87654321")
                        .redirectErrorStream(true)
                        .start();
        String said = new String(made.getInputStream().readAllBytes());
        assertEquals(0, made.waitFor(), said);
        Path pin = folder.resolve("pin");
        Files.writeString(pin, "87654321\n");
        return new Pkcs11(SOFTHSM, Optional.empty(), pin);
    }
}
