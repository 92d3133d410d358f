package io.karu.aggregator.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.Settings;
import io.karu.aggregator.deployment.FilePackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.store.Json;
import io.karu.kura.deployment.BundleSigner;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.ModelVersionFolder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseModelRegistryTest {
    @TempDir Path folder;
    private Database database;
    private EventBus events;
    private FilePackageRepository packages;
    private DatabaseModelRegistry registry;

    @BeforeEach
    void open() throws Exception {
        database =
                Database.open(
                        new DatabaseAddress(Database.h2Url(folder.resolve("database")), "", ""));
        events = new EventBus();
        packages =
                new FilePackageRepository(
                        folder.resolve("packages"),
                        database,
                        id -> {
                            throw new IllegalStateException("no gateway is asked for");
                        });
        registry = registry(Optional.empty());
    }

    private DatabaseModelRegistry registry(Optional<BundleSigner> jars) throws IOException {
        return new DatabaseModelRegistry(
                folder.resolve("unpacking"),
                database,
                packages,
                null,
                new ModelPackager(ModelSigning.open(folder.resolve("keys")), jars),
                version -> Json.tree("{}"),
                events);
    }

    @AfterEach
    void close() {
        events.close();
        database.close();
    }

    private ModelVersionFolder folder(String label) throws Exception {
        String card =
                """
                {"contract":1,"name":"golden-template","version":"%s","task":"TEMPLATE_COMPARISON","labels":["defect"],
                 "inputs":[{"name":"image","type":"UINT8","shape":[1,1,-1,-1]},{"name":"template","type":"UINT8","shape":[1,1,-1,-1]}],
                 "outputs":[{"name":"score","type":"FLOAT","shape":[1,1,-1,-1]}],
                 "parameters":{"threshold":0.5},
                 "golden":[{"case":1,"tolerance":1e-4,"shapes":{"image":[1,1,2,2],"template":[1,1,2,2],"score":[1,1,2,2]}}],
                 "description":"test","lineage":{}}"""
                        .formatted(label);
        Map<String, byte[]> golden = new TreeMap<>();
        golden.put("golden/case-1.in.image.bin", new byte[4]);
        golden.put("golden/case-1.in.template.bin", new byte[4]);
        golden.put("golden/case-1.out.score.bin", new byte[16]);
        return ModelVersionFolder.create(
                folder.resolve("version-" + label),
                new byte[] {1, 2, 3},
                CardFile.parse(card),
                golden);
    }

    private static byte[] zip(ModelVersionFolder version, String prefix) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String path : version.files().keySet()) {
                zip.putNextEntry(new ZipEntry(prefix + path));
                zip.write(Files.readAllBytes(version.root().resolve(path)));
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void aVersionIsItsContentWhateverItComesIn() throws Exception {
        ModelVersionFolder content = folder("1");
        ModelVersion registered = registry.register(content.root(), "test");
        assertEquals(content.digest().toString(), registered.digest());
        assertEquals(
                registered, registry.register(new ByteArrayInputStream(zip(content, "")), "test"));
        assertEquals(
                registered,
                registry.register(new ByteArrayInputStream(zip(content, "model/")), "test"));
        assertEquals(
                registered,
                registry.find("golden-template", content.digest().abbreviated()).orElseThrow());
        assertTrue(registry.find("golden-template", "abc").isEmpty());
    }

    @Test
    void versionsCountUpAndEachIsWrappedAsAModelBundle() throws Exception {
        registry.register(folder("1").root(), "test");
        ModelVersion second = registry.register(folder("2").root(), "test");
        assertEquals(2, second.counter());
        assertEquals(second, registry.versions("golden-template").get(0));
        assertEquals("karu-model-golden-template", second.packageId().name());
        assertEquals("0.2.0." + second.digest().substring(7, 19), second.packageId().version());
        DeploymentPackage dp =
                DeploymentPackage.read(Files.readAllBytes(packages.file(second.packageId())));
        assertEquals(
                "golden-template;version=\"2\";digest=\"" + second.digest() + "\"",
                dp.bundles().get(0).header("Karu-Model").orElseThrow());
    }

    @Test
    void modelBundlesAreSignedAsJarsWithTheKeyThatTheSettingsName() throws Exception {
        Path password = Files.writeString(folder.resolve("password"), "only for this test");
        Settings settings =
                Settings.of(
                        folder,
                        Map.of(
                                "keys.bundles.keystore",
                                keystore().toString(),
                                "keys.bundles.password.file",
                                password.toString()));
        ModelVersion version =
                registry(settings.bundleSigner()).register(folder("1").root(), "test");
        assertEquals("0.1.0." + version.digest().substring(7, 19), version.packageId().version());
        Path file = packages.file(version.packageId());
        DeploymentPackage dp = DeploymentPackage.read(Files.readAllBytes(file));
        int signed = 0;
        try (JarInputStream jar =
                new JarInputStream(new ByteArrayInputStream(dp.bundles().get(0).bytes()), true)) {
            for (JarEntry entry = jar.getNextJarEntry();
                    entry != null;
                    entry = jar.getNextJarEntry()) {
                jar.readAllBytes(); // its signers are known, and an alteration is noticed, then
                if (!entry.getName().startsWith("META-INF/KARU.")) {
                    assertTrue(entry.getCodeSigners() != null, entry::getName);
                    signed++;
                }
            }
        }
        assertTrue(signed > 4, "the model, its card, golden outputs and the release");
        Path unpacked = folder.resolve("unpacked");
        new VersionContent(packages).unpack(version, unpacked);
        assertEquals(version.digest(), ModelVersionFolder.read(unpacked).digest().toString());
    }

    private Path keystore() throws Exception {
        Path keystore = folder.resolve("bundles.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "bundles",
                                "-keyalg",
                                "RSA",
                                "-dname",
                                "CN=bundles",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                keystore.toString(),
                                "-storepass",
                                "only for this test")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start();
        assertEquals(0, keytool.waitFor(), () -> "see " + folder.resolve("keytool.log"));
        return keystore;
    }

    @Test
    void whatIsNoModelIsRefusedWithTheReason() throws Exception {
        ModelVersionFolder content = folder("1");
        Files.delete(content.root().resolve("golden/case-1.out.score.bin"));
        AggregatorException incomplete =
                assertThrows(
                        AggregatorException.class, () -> registry.register(content.root(), "test"));
        assertEquals(Code.MODEL_INVALID, incomplete.code());
        assertTrue(incomplete.getMessage().contains("score.bin"));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("../model.onnx"));
        }
        for (byte[] wrong : new byte[][] {bytes.toByteArray(), "no zip".getBytes(), new byte[0]}) {
            AggregatorException refused =
                    assertThrows(
                            AggregatorException.class,
                            () -> registry.register(new ByteArrayInputStream(wrong), "test"));
            assertEquals(Code.MODEL_INVALID, refused.code());
        }
        assertTrue(registry.list().isEmpty());
    }
}
