package io.karu.kura.deployment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;

class BundleSignerTest {
    private static final Bundle UNSIGNED =
            Jars.bundle(
                    "io.karu.example",
                    "0.1.0",
                    Map.of("a.txt", "first".getBytes(), "b/c.txt", "second".getBytes()));

    @TempDir static Path folder;
    private static BundleSigner ours;
    private static BundleSigner theirs;

    @BeforeAll
    static void keys() throws Exception {
        ours = BundleSigner.open(keystore("ours", "karu"), "password".toCharArray());
        theirs = BundleSigner.open(keystore("theirs", "other"), "password".toCharArray());
    }

    private static Path keystore(String file, String... aliases) throws Exception {
        Path keystore = folder.resolve(file + ".p12");
        for (String alias : aliases) {
            Process keytool =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "keytool")
                                            .toString(),
                                    "-genkeypair",
                                    "-alias",
                                    alias,
                                    "-keyalg",
                                    "RSA",
                                    "-keysize",
                                    "2048",
                                    "-dname",
                                    "CN=" + alias,
                                    "-storetype",
                                    "PKCS12",
                                    "-keystore",
                                    keystore.toString(),
                                    "-storepass",
                                    "password")
                            .redirectErrorStream(true)
                            .start();
            String said = new String(keytool.getInputStream().readAllBytes());
            assertEquals(0, keytool.waitFor(), said);
        }
        return keystore;
    }

    @Test
    void javaFindsTheSignerOfEveryEntry() throws Exception {
        Bundle signed = ours.sign(UNSIGNED);
        assertEquals(List.of("CN=karu"), signers(signed.bytes()));
        assertEquals(ours.id(), signed.header(BundleSigner.HEADER).orElseThrow());
    }

    @Test
    void theSameKeyGivesTheSameBytesAndAnotherKeyAnotherVersion() throws Exception {
        Bundle signed = ours.sign(UNSIGNED);
        assertArrayEquals(signed.bytes(), ours.sign(UNSIGNED).bytes());
        assertArrayEquals(signed.bytes(), ours.sign(theirs.sign(UNSIGNED)).bytes());
        assertNotEquals(signed.version(), theirs.sign(UNSIGNED).version());
        assertNotEquals(signed.version(), ContentVersion.stamp(UNSIGNED).version());
        assertEquals(List.of("CN=karu"), signers(ours.sign(theirs.sign(UNSIGNED)).bytes()));
    }

    @Test
    void theTimeOfSigningIsNotInTheSignature() throws Exception {
        Map<String, byte[]> entries = ContentVersion.entries(ours.sign(UNSIGNED).bytes());
        CMSSignedData block = new CMSSignedData(entries.get("META-INF/KARU.RSA"));
        for (SignerInformation signer : block.getSignerInfos()) {
            assertNull(signer.getSignedAttributes());
        }
    }

    @Test
    void anAlteredEntryIsNoticed() throws Exception {
        Map<String, byte[]> entries = ContentVersion.entries(ours.sign(UNSIGNED).bytes());
        entries.put("a.txt", "altered".getBytes());
        ByteArrayOutputStream altered = new ByteArrayOutputStream();
        ContentVersion.write(entries, altered);
        assertThrows(SecurityException.class, () -> signers(altered.toByteArray()));
    }

    @Test
    void aSignedPackageIsAPackageAndSigningItAgainChangesNothing() throws Exception {
        DeploymentPackage unsigned =
                new DeploymentPackage(
                        "karu-example",
                        Version.parseVersion("0.1.0.abc"),
                        List.of(ContentVersion.stamp(UNSIGNED)));
        Path file = folder.resolve(unsigned.fileName());
        Files.write(file, unsigned.toBytes());
        Path signed = Sign.sign(ours, file, folder.resolve("signed"));
        DeploymentPackage read = DeploymentPackage.read(Files.readAllBytes(signed));
        assertEquals(List.of("CN=karu"), signers(read.bundles().get(0).bytes()));
        assertNotEquals(unsigned.version(), read.version());
        assertEquals(signed.getFileName(), Sign.sign(ours, signed, folder).getFileName());
    }

    @Test
    void aKeystoreWithoutOneKeyIsRefusedByName() throws Exception {
        Path two = keystore("two", "one", "another");
        IOException several =
                assertThrows(
                        IOException.class, () -> BundleSigner.open(two, "password".toCharArray()));
        assertTrue(several.getMessage().contains("2 private keys"), several.getMessage());
        IOException wrong =
                assertThrows(
                        IOException.class, () -> BundleSigner.open(two, "wrong!".toCharArray()));
        assertTrue(!wrong.getMessage().contains("wrong!"), wrong.getMessage());
    }

    private static List<String> signers(byte[] jar) throws IOException {
        Path file = Files.createTempFile(folder, "signed", ".jar");
        Files.write(file, jar);
        Set<String> names = new TreeSet<>();
        try (JarFile read = new JarFile(file.toFile(), true)) {
            for (JarEntry entry : Collections.list(read.entries())) {
                read.getInputStream(entry).readAllBytes();
                if (entry.getName().startsWith("META-INF/")) {
                    continue;
                }
                CodeSigner[] signers = entry.getCodeSigners();
                names.add(
                        signers == null
                                ? "nobody"
                                : ((X509Certificate)
                                                signers[0]
                                                        .getSignerCertPath()
                                                        .getCertificates()
                                                        .get(0))
                                        .getSubjectX500Principal()
                                        .getName());
            }
        }
        return List.copyOf(names);
    }
}
