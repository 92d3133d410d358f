package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./karu sign} on every package of the build, with a plant's own key. */
class SignedPackagesTest {
    private static final String PASSWORD = "only for this test";
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    @TempDir Path folder;

    @Test
    void javaVerifiesEveryBundleAndAGatewayShowsThemAsSigned() throws Exception {
        List<Path> unsigned = copies();
        assertTrue(unsigned.size() >= 7, unsigned::toString);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Line.ROOT.resolve("karu").toString(),
                                "sign",
                                "--keystore",
                                keystore().toString(),
                                "--password-file",
                                Files.writeString(folder.resolve("password"), PASSWORD)
                                        .toString()));
        unsigned.forEach(file -> command.add(file.toString()));
        run(command);
        assertTrue(unsigned.stream().noneMatch(Files::exists), "each is replaced");

        List<Path> signed = packages(unsigned.get(0).getParent());
        assertEquals(unsigned.size(), signed.size());
        for (Path file : signed) {
            for (Bundle bundle : DeploymentPackage.read(Files.readAllBytes(file)).bundles()) {
                verify(bundle);
            }
        }
        install(signed);
    }

    private void install(List<Path> signed) throws Exception {
        try (Testbed testbed = Testbed.open(Line.ROOT, folder.resolve("home"))) {
            testbed.startAggregator();
            DevelopmentGateway gateway = testbed.gateway("gw-1");
            gateway.start();
            gateway.awaitOnline(Line.LONG, "DEPLOY-V2", "INVENTORY-V1");
            for (String name : Testbed.packages().subList(0, 2)) {
                Path file =
                        signed.stream()
                                .filter(f -> f.getFileName().toString().startsWith(name + "_"))
                                .findFirst()
                                .orElseThrow();
                Line.succeed(testbed, gateway.deploy(testbed.offer(file), false));
            }
            int bundles = 0;
            for (JsonNode installed : gateway.detail().path("packages")) {
                for (JsonNode bundle : installed.path("bundles")) {
                    assertTrue(bundle.path("signed").asBoolean(), bundle::toString);
                    bundles++;
                }
            }
            assertTrue(bundles > 5, "there are " + bundles + " bundles");
        }
    }

    /** What {@code ./karu sign} signs where no file is named; the build's own stay as they are. */
    private List<Path> copies() throws IOException {
        Path copies = Files.createDirectories(folder.resolve("packages"));
        try (Stream<Path> modules = Files.list(Line.ROOT.resolve("dp-packages"))) {
            for (Path target : modules.map(m -> m.resolve("target")).toList()) {
                if (Files.isDirectory(target)) {
                    for (Path file : packages(target)) {
                        Files.copy(file, copies.resolve(file.getFileName()));
                    }
                }
            }
        }
        return packages(copies);
    }

    private static List<Path> packages(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".dp")).sorted().toList();
        }
    }

    private Path keystore() throws IOException, InterruptedException {
        Path keystore = folder.resolve("plant.p12");
        run(
                List.of(
                        JAVA.resolve("keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "plant",
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "3072",
                        "-dname",
                        "CN=Plant 1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keystore.toString(),
                        "-storepass",
                        PASSWORD));
        return keystore;
    }

    private void verify(Bundle bundle) throws IOException, InterruptedException {
        Path jar = Files.write(folder.resolve(bundle.symbolicName() + ".jar"), bundle.bytes());
        String said = run(List.of(JAVA.resolve("jarsigner").toString(), "-verify", jar.toString()));
        assertTrue(said.contains("jar verified."), () -> bundle + ": " + said);
    }

    private String run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("KARU_BUILT", "1");
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> command.get(0) + ": " + said);
        return said;
    }
}
