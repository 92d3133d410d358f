package io.karu.gateway.inventory;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Bundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether bundles are signed as jars, every file of them. Equinox, below Kura, tells it; Felix does
 * not without a security manager, so that the files are verified here as Java verifies a jar.
 * Thread-safe.
 */
final class Signatures {
    private static final Logger LOG = LoggerFactory.getLogger(Signatures.class);
    private static final String MANIFEST = "META-INF/MANIFEST.MF";

    private record Content(long bundle, long lastModified) {}

    private final Map<Content, Boolean> known = new ConcurrentHashMap<>();

    boolean isSigned(Bundle bundle) {
        if (!bundle.getSignerCertificates(Bundle.SIGNERS_ALL).isEmpty()) {
            return true;
        }
        if (bundle.findEntries("META-INF", "*.SF", false) == null) {
            return false;
        }
        Content content = new Content(bundle.getBundleId(), bundle.getLastModified());
        return known.computeIfAbsent(content, key -> verify(bundle));
    }

    private static boolean verify(Bundle bundle) {
        try {
            return isSigned(jar(bundle));
        } catch (SecurityException e) {
            LOG.warn("{} is not what was signed: {}", bundle, e.getMessage());
            return false;
        } catch (IOException e) {
            LOG.warn("The signature of {} cannot be read", bundle, e);
            return false;
        }
    }

    /** The signature's files have to come first. */
    private static byte[] jar(Bundle bundle) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0);
            put(zip, bundle.getEntry(MANIFEST));
            for (boolean first : new boolean[] {true, false}) {
                Enumeration<URL> files = bundle.findEntries("/", "*", true);
                for (URL file : Collections.list(files)) {
                    String name = name(file);
                    boolean ofSignature = name.matches("(?i)META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
                    if (!name.endsWith("/") && !name.equals(MANIFEST) && ofSignature == first) {
                        put(zip, file);
                    }
                }
            }
        }
        return bytes.toByteArray();
    }

    private static String name(URL file) {
        return file.getPath().replaceFirst("^/", "");
    }

    private static void put(ZipOutputStream zip, URL file) throws IOException {
        zip.putNextEntry(new ZipEntry(name(file)));
        try (InputStream in = file.openStream()) {
            in.transferTo(zip);
        }
        zip.closeEntry();
    }

    private static boolean isSigned(byte[] bytes) throws IOException {
        boolean signed = false;
        try (JarInputStream jar = new JarInputStream(new ByteArrayInputStream(bytes), true)) {
            for (JarEntry entry = jar.getNextJarEntry();
                    entry != null;
                    entry = jar.getNextJarEntry()) {
                jar.transferTo(OutputStream.nullOutputStream());
                if (!entry.getName().startsWith("META-INF/")) {
                    if (entry.getCodeSigners() == null) {
                        return false;
                    }
                    signed = true;
                }
            }
        }
        return signed;
    }
}
