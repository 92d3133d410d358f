package io.karu.gateway.inventory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.kura.deployment.BundleSigner;
import io.karu.kura.deployment.ContentVersion;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

class SignaturesTest {
    @TempDir Path folder;
    private final Signatures signatures = new Signatures();
    private Map<String, byte[]> signed;

    @BeforeEach
    void sign() throws Exception {
        Path keystore = folder.resolve("key.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-keyalg",
                                "RSA",
                                "-keysize",
                                "2048",
                                "-dname",
                                "CN=karu",
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
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "io.karu.example");
        manifest.getMainAttributes().putValue("Bundle-Version", "0.1.0");
        byte[] jar = ContentVersion.jar(manifest, Map.of("io/karu/a.txt", new byte[] {1, 2, 3}));
        signed =
                entries(
                        BundleSigner.open(keystore, "password".toCharArray())
                                .sign(io.karu.kura.deployment.Bundle.read(jar))
                                .bytes());
    }

    @Test
    void aBundleIsSignedWhenEveryFileOfItIs() {
        assertTrue(signatures.isSigned(bundle(1, signed)));
        Map<String, byte[]> more = new LinkedHashMap<>(signed);
        more.put("io/karu/added.txt", new byte[] {4});
        assertFalse(signatures.isSigned(bundle(2, more)));
    }

    @Test
    void anAlteredBundleAndOneWithoutSignatureAreNotSigned() {
        Map<String, byte[]> altered = new LinkedHashMap<>(signed);
        altered.put("io/karu/a.txt", new byte[] {1, 2, 4});
        assertFalse(signatures.isSigned(bundle(3, altered)));
        Map<String, byte[]> without = new LinkedHashMap<>(signed);
        without.keySet().removeIf(name -> name.matches("META-INF/KARU.*"));
        assertFalse(signatures.isSigned(bundle(4, without)));
    }

    private static Map<String, byte[]> entries(byte[] jar) throws Exception {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(jar))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), zip.readAllBytes());
            }
        }
        return entries;
    }

    /** A bundle as a framework shows it: its files by address. */
    private static Bundle bundle(long id, Map<String, byte[]> content) {
        return (Bundle)
                Proxy.newProxyInstance(
                        SignaturesTest.class.getClassLoader(),
                        new Class<?>[] {Bundle.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "getSignerCertificates" -> Map.of();
                                    case "getBundleId", "getLastModified" -> id;
                                    case "toString" -> "bundle " + id;
                                    case "getEntry" -> url(arguments[0].toString(), content);
                                    case "findEntries" -> {
                                        List<URL> found =
                                                content.keySet().stream()
                                                        .filter(
                                                                name ->
                                                                        !arguments[1].equals("*.SF")
                                                                                || name.endsWith(
                                                                                        ".SF"))
                                                        .map(name -> url(name, content))
                                                        .toList();
                                        yield found.isEmpty()
                                                ? null
                                                : Collections.enumeration(found);
                                    }
                                    default ->
                                            throw new UnsupportedOperationException(
                                                    method.getName());
                                });
    }

    private static URL url(String name, Map<String, byte[]> content) {
        try {
            return new URL(
                    "bundle",
                    "1.0",
                    1,
                    "/" + name,
                    new URLStreamHandler() {
                        @Override
                        protected URLConnection openConnection(URL url) {
                            return new URLConnection(url) {
                                @Override
                                public void connect() {
                                    // it is there
                                }

                                @Override
                                public InputStream getInputStream() {
                                    return new ByteArrayInputStream(content.get(name));
                                }
                            };
                        }
                    });
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
