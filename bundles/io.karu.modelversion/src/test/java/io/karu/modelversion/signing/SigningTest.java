package io.karu.modelversion.signing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.model.Digest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class SigningTest {
    private static final Digest DIGEST = new Digest("sha256:" + "ab".repeat(32));
    private static final Digest OTHER = new Digest("sha256:" + "cd".repeat(32));
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final SigningKey ours = key();
    private final SigningKey theirs = key();
    private final List<TrustAnchor> trusted = List.of(ours.anchor());

    @Test
    void aReleaseIsReadFromItsBytes() throws Exception {
        Release release = new Release("solder", "3", DIGEST, 7, NOW);
        Envelope read = Envelope.parse(release.sign(ours).toBytes());
        assertEquals(release, Release.verify(read, trusted));
    }

    @Test
    void whatIsSignedIsTheEncodingOfDsse() {
        assertEquals(
                "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
                new String(
                        Envelope.authenticated(
                                "http://example.com/HelloWorld",
                                "hello world".getBytes(StandardCharsets.UTF_8)),
                        StandardCharsets.UTF_8));
    }

    @Test
    void anEcdsaKeyOnP256SignsAsWellAndNoOtherCurveDoes() throws Exception {
        SigningKey elliptic = elliptic("secp256r1");
        Envelope envelope = new Release("solder", "3", DIGEST, 7, NOW).sign(elliptic);
        TrustAnchor read = TrustAnchor.parse(elliptic.anchor().pem()).get(0);
        assertEquals(elliptic.anchor().id(), read.id());
        assertEquals(
                DIGEST, Release.verify(Envelope.parse(envelope.toBytes()), List.of(read)).digest());
        assertThrows(IllegalArgumentException.class, () -> elliptic("secp384r1"));
    }

    private static SigningKey elliptic(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        return new SigningKey(pair.getPrivate(), TrustAnchor.of(pair.getPublic()));
    }

    /** RFC 8032, section 7.1, test 2. */
    @Test
    void theSignatureIsThatOfTheStandard() throws Exception {
        byte[] secret =
                HexFormat.of()
                        .parseHex(
                                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        var privateKey =
                KeyFactory.getInstance("Ed25519")
                        .generatePrivate(
                                new EdECPrivateKeySpec(NamedParameterSpec.ED25519, secret));
        assertArrayEquals(
                HexFormat.of()
                        .parseHex(
                                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                new SigningKey(privateKey, ours.anchor()).sign(new byte[] {0x72}));
    }

    @Test
    void aStrangersSignatureIsRefusedByName() {
        Envelope envelope = new Release("solder", "3", DIGEST, 7, NOW).sign(theirs);
        String message = refused(() -> Release.verify(envelope, trusted));
        assertTrue(message.contains(theirs.anchor().id()), message);
        assertTrue(message.contains(ours.anchor().id()), message);
    }

    @Test
    void anAlteredPayloadIsRefused() throws Exception {
        String json =
                new String(
                        new Release("solder", "3", DIGEST, 7, NOW).sign(ours).toBytes(),
                        StandardCharsets.UTF_8);
        String payload = json.replaceAll(".*\"payload\":\"([^\"]+)\".*", "$1");
        String altered =
                Base64.getEncoder()
                        .encodeToString(
                                new String(
                                                Base64.getDecoder().decode(payload),
                                                StandardCharsets.UTF_8)
                                        .replace("\"counter\":7", "\"counter\":8")
                                        .getBytes(StandardCharsets.UTF_8));
        Envelope envelope =
                Envelope.parse(json.replace(payload, altered).getBytes(StandardCharsets.UTF_8));
        assertTrue(refused(() -> Release.verify(envelope, trusted)).contains("altered"));
    }

    @Test
    void oneStatementIsNotTakenForAnother() {
        Envelope order = new RollbackOrder("gw-1", "solder", DIGEST, NOW).sign(ours);
        assertTrue(refused(() -> Release.verify(order, trusted)).contains(Release.TYPE));
    }

    @Test
    void aReleaseOfOtherContentIsRefused() {
        Release release = new Release("solder", "3", DIGEST, 7, NOW);
        assertTrue(
                refused(() -> release.requireOf("solder", "3", OTHER))
                        .contains(OTHER.abbreviated()));
    }

    @Test
    void aRollbackOrderIsForOneGatewayOneVersionAndATime() throws Exception {
        Envelope envelope = new RollbackOrder("gw-1", "solder", DIGEST, NOW).sign(ours);
        RollbackOrder order = RollbackOrder.verify(envelope, trusted);
        order.requireFor("gw-1", "solder", DIGEST, NOW.minusSeconds(1));
        assertTrue(refused(() -> order.requireFor("gw-2", "solder", DIGEST, NOW)).contains("gw-2"));
        assertTrue(
                refused(() -> order.requireFor("gw-1", "solder", OTHER, NOW))
                        .contains(OTHER.abbreviated()));
        assertTrue(
                refused(() -> order.requireFor("gw-1", "solder", DIGEST, NOW)).contains("expired"));
    }

    @Test
    void anchorsChangeByAStatementOfTheOldOnes() throws Exception {
        TrustStatement statement = new TrustStatement(2, List.of(theirs.anchor()));
        assertEquals(statement, TrustStatement.verify(statement.sign(ours), trusted));
        refused(() -> TrustStatement.verify(statement.sign(theirs), trusted));
    }

    @Test
    void keysAreReadFromPemAndOthersAreRefused() throws Exception {
        assertEquals(
                List.of(ours.anchor(), theirs.anchor()),
                TrustAnchor.parse("ours\n" + ours.anchor().pem() + "\n" + theirs.anchor().pem()));
        String rsa =
                Base64.getMimeEncoder()
                        .encodeToString(
                                KeyPairGenerator.getInstance("RSA")
                                        .generateKeyPair()
                                        .getPublic()
                                        .getEncoded());
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        TrustAnchor.parse(
                                "-----BEGIN PUBLIC KEY-----\n"
                                        + rsa
                                        + "\n-----END PUBLIC KEY-----"));
    }

    @Test
    void whatIsNoEnvelopeIsRefused() {
        for (String text :
                List.of(
                        "",
                        "[]",
                        "{}",
                        "{\"payloadType\":\"x\",\"payload\":\"?\",\"signatures\":[{\"keyid\":\"a\",\"sig\":\"?\"}]}",
                        "{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[]}",
                        "{\"payloadType\":{},\"payload\":\"\",\"signatures\":[1]}")) {
            refused(() -> Envelope.parse(text.getBytes(StandardCharsets.UTF_8)));
        }
        refused(() -> Envelope.parse(new byte[2 << 20]));
    }

    private static String refused(org.junit.jupiter.api.function.Executable attempt) {
        return assertThrows(SignatureException.class, attempt).getMessage();
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
