package io.karu.kura.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Signs the bundles of deployment packages; each file is replaced by the signed one, which has
 * another version.
 *
 * <p>Arguments: {@code <PKCS #12 keystore> <file with its password> <file.dp>…}.
 */
public final class Sign {

    private Sign() {}

    public static void main(String[] args) throws IOException, DeploymentPackageException {
        if (args.length < 3) {
            throw new IllegalArgumentException(
                    "Needed: <keystore> <file with its password> <file.dp>...");
        }
        BundleSigner signer = signer(Path.of(args[0]), Path.of(args[1]));
        for (String name : List.of(args).subList(2, args.length)) {
            Path file = Path.of(name);
            Path signed = sign(signer, file, file.toAbsolutePath().getParent());
            if (!signed.equals(file.toAbsolutePath())) {
                Files.delete(file);
            }
            System.out.println(signed + " is signed by " + signer.id());
        }
    }

    static BundleSigner signer(Path keystore, Path passwordFile) throws IOException {
        return BundleSigner.open(keystore, Files.readString(passwordFile).strip().toCharArray());
    }

    /**
     * Signs one package.
     *
     * @param folder where the signed file is written
     * @return the signed file
     */
    public static Path sign(BundleSigner signer, Path file, Path folder)
            throws IOException, DeploymentPackageException {
        DeploymentPackage unsigned = DeploymentPackage.read(Files.readAllBytes(file));
        List<Bundle> bundles = new ArrayList<>(unsigned.bundles());
        bundles.removeIf(
                bundle ->
                        bundle.header(BundleSigner.HEADER).filter(signer.id()::equals).isPresent());
        DeploymentPackage signed = bundles.isEmpty() ? unsigned : signer.sign(unsigned);
        Files.createDirectories(folder);
        Path written = folder.resolve(signed.fileName());
        Path aside = Files.createTempFile(folder, "signed", ".new");
        Files.write(aside, signed.toBytes());
        Files.move(
                aside,
                written,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        return written.toAbsolutePath();
    }
}
