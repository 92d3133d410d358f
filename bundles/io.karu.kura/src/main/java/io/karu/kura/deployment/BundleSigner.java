package io.karu.kura.deployment;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertPath;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * Signs bundles as jars, with a key of a PKCS #12 keystore. Kura shows whether a bundle is signed;
 * a package is when all of its bundles are. Who signed is a part of the content ({@value #HEADER}),
 * so that a bundle signed by somebody else has another version. With an RSA key the same bundle
 * gives the same bytes.
 */
public final class BundleSigner {
    /** Header of a signed bundle: the first digits of the SHA-256 of the signer's certificate. */
    public static final String HEADER = "Karu-Signer";

    private static final String NAME = "KARU";
    private static final String SIGNATURE_FILE = "META-INF/" + NAME + ".SF";
    private static final int ID_DIGITS = 16;

    private final PrivateKey key;
    private final String algorithm;
    private final CertPath chain;
    private final String id;

    private BundleSigner(PrivateKey key, CertPath chain, String id) {
        this.key = key;
        this.algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        this.chain = chain;
        this.id = id;
    }

    /**
     * Opens a keystore with one private key.
     *
     * @param keystore PKCS #12
     * @throws IOException when it cannot be read, or holds no private key or several
     */
    public static BundleSigner open(Path keystore, char[] password) throws IOException {
        try (InputStream in = Files.newInputStream(keystore)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            List<String> keys = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    keys.add(alias);
                }
            }
            if (keys.size() != 1) {
                throw new IOException(
                        keystore + " holds " + keys.size() + " private keys; one is needed");
            }
            X509Certificate certificate = (X509Certificate) store.getCertificate(keys.get(0));
            CertPath chain =
                    CertificateFactory.getInstance("X.509")
                            .generateCertPath(
                                    Arrays.asList(store.getCertificateChain(keys.get(0))));
            return new BundleSigner(
                    (PrivateKey) store.getKey(keys.get(0), password),
                    chain,
                    ContentVersion.sha256(certificate.getEncoded()).substring(0, ID_DIGITS));
        } catch (GeneralSecurityException e) {
            throw new IOException(keystore + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Names the signer: {@value #HEADER} of what it signed. */
    public String id() {
        return id;
    }

    /** The package with signed bundles; the qualifier of its version follows from theirs. */
    public DeploymentPackage sign(DeploymentPackage unsigned)
            throws IOException, DeploymentPackageException {
        List<Bundle> bundles = new ArrayList<>();
        for (Bundle bundle : unsigned.bundles()) {
            bundles.add(sign(bundle));
        }
        return new DeploymentPackage(
                unsigned.symbolicName(), ContentVersion.of(unsigned.version(), bundles), bundles);
    }

    /** The bundle, signed; a signature of before is replaced. */
    public Bundle sign(Bundle unsigned) throws IOException, DeploymentPackageException {
        Map<String, byte[]> entries = ContentVersion.entries(unsigned.bytes());
        Manifest manifest = ContentVersion.manifest(entries.remove(ContentVersion.MANIFEST));
        entries.keySet().removeIf(BundleSigner::isSignature);
        withoutDigests(manifest);
        manifest.getMainAttributes().putValue(HEADER, id);
        Bundle stamped = ContentVersion.stamp(Bundle.read(ContentVersion.jar(manifest, entries)));
        return Bundle.read(withoutTime(signed(stamped.bytes())));
    }

    /** The bundle, signed as it is: its version says what is in it in another way, and stays. */
    public Bundle seal(Bundle unsigned) throws IOException, DeploymentPackageException {
        return Bundle.read(signed(unsigned.bytes()));
    }

    private byte[] signed(byte[] jar) throws IOException {
        Path file = Files.createTempFile("karu-sign", ".jar");
        try {
            Files.write(file, jar);
            ByteArrayOutputStream out = new ByteArrayOutputStream(jar.length + 4096);
            try (ZipFile zip = new ZipFile(file.toFile())) {
                signer().sign(zip, out);
            }
            return out.toByteArray();
        } finally {
            Files.delete(file);
        }
    }

    private JarSigner signer() {
        try {
            return new JarSigner.Builder(key, chain)
                    .digestAlgorithm("SHA-256")
                    .signatureAlgorithm(algorithm)
                    .signerName(NAME)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Java's signer puts the time of day into its signature and on its entries. */
    private byte[] withoutTime(byte[] jar) throws IOException {
        Map<String, byte[]> entries = ContentVersion.entries(jar);
        byte[] block = block(entries.get(SIGNATURE_FILE));
        entries.replaceAll((name, content) -> isBlock(name) ? block : content);
        ByteArrayOutputStream out = new ByteArrayOutputStream(jar.length);
        ContentVersion.write(entries, out);
        return out.toByteArray();
    }

    private static boolean isBlock(String entry) {
        return isSignature(entry) && !entry.equals(SIGNATURE_FILE);
    }

    /** CMS over the signature file, without signed attributes. */
    private byte[] block(byte[] signatureFile) throws IOException {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            chain.getCertificates().forEach(c -> certificates.add((X509Certificate) c));
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            generator.addSignerInfoGenerator(
                    new JcaSignerInfoGeneratorBuilder(
                                    new JcaDigestCalculatorProviderBuilder().build())
                            .setDirectSignature(true)
                            .build(
                                    new JcaContentSignerBuilder(algorithm).build(key),
                                    certificates.get(0)));
            generator.addCertificates(new JcaCertStore(certificates));
            return generator
                    .generate(new CMSProcessableByteArray(signatureFile), false)
                    .toASN1Structure()
                    .getEncoded(ASN1Encoding.DER);
        } catch (GeneralSecurityException | CMSException | OperatorCreationException e) {
            throw new IOException("nothing can be signed with this key: " + e.getMessage(), e);
        }
    }

    private static boolean isSignature(String entry) {
        return entry.matches("(?i)META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }

    private static void withoutDigests(Manifest manifest) {
        manifest.getEntries()
                .values()
                .forEach(section -> section.keySet().removeIf(BundleSigner::isDigest));
        manifest.getEntries().values().removeIf(Attributes::isEmpty);
    }

    private static boolean isDigest(Object attribute) {
        return attribute.toString().endsWith("-Digest");
    }
}
