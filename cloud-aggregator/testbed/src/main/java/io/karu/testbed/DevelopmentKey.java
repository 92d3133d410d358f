package io.karu.testbed;

import io.karu.kura.deployment.BundleSigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A key for signing packages on this machine, made by the JDK's keytool; nobody else trusts it. */
final class DevelopmentKey {
    private static final int PASSWORD_BYTES = 24;
    private static final long KEYTOOL_SECONDS = 60;

    private final BundleSigner signer;
    private final Path keystore;
    private final Path password;

    private DevelopmentKey(BundleSigner signer, Path keystore, Path password) {
        this.signer = signer;
        this.keystore = keystore;
        this.password = password;
    }

    BundleSigner signer() {
        return signer;
    }

    /** Lets an aggregator sign the bundles of models with it. */
    List<String> settings() {
        return List.of(
                "--set",
                "keys.bundles.keystore=" + keystore,
                "--set",
                "keys.bundles.password.file=" + password);
    }

    /**
     * Opens the key of a folder, or makes it.
     *
     * @param folder holds {@code packages.p12} and its password, both for their owner only
     */
    static DevelopmentKey open(Path folder) throws IOException, InterruptedException {
        Path keystore = folder.resolve("packages.p12");
        Path password = folder.resolve("packages-password");
        if (!Files.exists(keystore)) {
            Files.createDirectories(folder);
            byte[] random = new byte[PASSWORD_BYTES];
            new SecureRandom().nextBytes(random);
            Files.deleteIfExists(password);
            Files.createFile(
                    password,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(password, HexFormat.of().formatHex(random));
            make(keystore, password);
        }
        return new DevelopmentKey(
                BundleSigner.open(keystore, Files.readString(password).strip().toCharArray()),
                keystore,
                password);
    }

    /** The password goes by a file: a command line is seen by everybody on the machine. */
    private static void make(Path keystore, Path password)
            throws IOException, InterruptedException {
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process made =
                new ProcessBuilder(
                                keytool.toString(),
                                "-genkeypair",
                                "-alias",
                                "karu-development",
                                "-keyalg",
                                "RSA",
                                "-keysize",
                                "3072",
                                "-validity",
                                "3650",
                                "-dname",
                                "CN=Karu development",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                keystore.toString(),
                                "-storepass:file",
                                password.toString())
                        .redirectErrorStream(true)
                        .start();
        made.getOutputStream().close();
        String said =
                new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!made.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || made.exitValue() != 0) {
            made.destroyForcibly();
            throw new IOException("keytool made no key: " + said);
        }
        Files.setPosixFilePermissions(keystore, PosixFilePermissions.fromString("rw-------"));
    }
}
