package io.karu.kura.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.Version;

/**
 * Writes a deployment package out of bundles, each stamped with the version of its content.
 *
 * <p>Arguments: {@code <folder to write to> <name> <base version> <jar>…}, the jars in the order in
 * which the bundles are to be started. An older file of the same package is removed. With the
 * system properties {@code karu.sign.keystore} (PKCS #12) and {@code karu.sign.password.file} the
 * bundles are signed.
 */
public final class Main {

    private static final String KEYSTORE = "karu.sign.keystore";
    private static final String PASSWORD_FILE = "karu.sign.password.file";

    private Main() {}

    public static void main(String[] args) throws IOException, DeploymentPackageException {
        if (args.length < 4) {
            throw new IllegalArgumentException(
                    "Needed: <folder to write to> <name> <base version> <jar>...");
        }
        Path folder = Path.of(args[0]);
        String name = args[1];
        List<Bundle> bundles = new ArrayList<>();
        for (final String jar : List.of(args).subList(3, args.length)) {
            bundles.add(ContentVersion.stamp(Bundle.read(Files.readAllBytes(Path.of(jar)))));
        }
        Optional<BundleSigner> signer = signer();
        if (signer.isPresent()) {
            for (int i = 0; i < bundles.size(); i++) {
                bundles.set(i, signer.get().sign(bundles.get(i)));
            }
        }
        Version version = ContentVersion.of(Version.parseVersion(args[2]), bundles);
        DeploymentPackage written = new DeploymentPackage(name, version, bundles);
        byte[] bytes = written.toBytes();
        DeploymentPackage.read(bytes);

        Files.createDirectories(folder);
        removeOlder(folder, name);
        Path file = folder.resolve(written.fileName());
        Files.write(file, bytes);
        System.out.println(file + ": " + bytes.length + " bytes, " + bundles);
    }

    private static Optional<BundleSigner> signer() throws IOException {
        String keystore = System.getProperty(KEYSTORE, "");
        return keystore.isBlank()
                ? Optional.empty()
                : Optional.of(
                        Sign.signer(Path.of(keystore), Path.of(System.getProperty(PASSWORD_FILE))));
    }

    private static void removeOlder(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (final Path file : files.toList()) {
                String fileName = file.getFileName().toString();
                if (fileName.startsWith(name + "_") && fileName.endsWith(".dp")) {
                    Files.delete(file);
                }
            }
        }
    }
}
