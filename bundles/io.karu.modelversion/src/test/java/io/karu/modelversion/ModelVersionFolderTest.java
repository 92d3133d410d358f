package io.karu.modelversion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.jar.JarInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelVersionFolderTest {
    @TempDir Path temp;

    static CardFile card(String version) {
        ModelCard card =
                new ModelCard(
                        "tiny",
                        version,
                        ModelCard.Task.TEMPLATE_COMPARISON,
                        List.of("defect"),
                        List.of(new TensorInfo("x", ElementType.FLOAT, List.of(1L, -1L))),
                        List.of(new TensorInfo("y", ElementType.FLOAT, List.of(1L, -1L))),
                        Map.of("threshold", 0.5),
                        "for tests");
        return new CardFile(
                card,
                List.of(
                        new GoldenCase(
                                1, 1e-4, Map.of("x", List.of(1L, 2L), "y", List.of(1L, 2L)))));
    }

    private ModelVersionFolder folder(String name) throws Exception {
        return ModelVersionFolder.create(
                temp.resolve(name),
                new byte[] {1, 2, 3},
                card("1"),
                Map.of(
                        "golden/case-1.in.x.bin",
                        new byte[8],
                        "golden/case-1.out.y.bin",
                        new byte[8]));
    }

    @Test
    void digestIsThatOfSha256sumsOutput() throws Exception {
        ModelVersionFolder folder = folder("v1");
        StringBuilder text = new StringBuilder();
        for (String path :
                List.of(
                        "golden/case-1.in.x.bin",
                        "golden/case-1.out.y.bin",
                        "model.json",
                        "model.onnx")) {
            text.append(hex(Files.readAllBytes(folder.root().resolve(path))))
                    .append("  ")
                    .append(path)
                    .append('\n');
        }
        assertEquals(
                new Digest("sha256:" + hex(text.toString().getBytes(StandardCharsets.UTF_8))),
                folder.digest());
        assertEquals(folder.digest(), ModelVersionFolder.read(folder.root()).digest());
    }

    @Test
    void cardIsReadBackAsWritten() throws Exception {
        CardFile card = card("1 beta");
        assertEquals(card, CardFile.parse(card.toJson()));
        assertEquals(card.toJson(), CardFile.parse(card.toJson()).toJson());
    }

    @Test
    void theSameVersionGivesTheSameBundleBytes() throws Exception {
        byte[] first = ModelBundleWriter.write(folder("a"), 7);
        byte[] second = ModelBundleWriter.write(folder("b"), 7);
        assertArrayEquals(first, second);
        try (JarInputStream jar = new JarInputStream(new ByteArrayInputStream(first))) {
            var main = jar.getManifest().getMainAttributes();
            ModelVersionFolder folder = ModelVersionFolder.read(temp.resolve("a"));
            assertEquals("karu.model.tiny", main.getValue("Bundle-SymbolicName"));
            assertEquals("0.7.0." + folder.digest().abbreviated(), main.getValue("Bundle-Version"));
            ModelHeader header = ModelHeader.parse(main.getValue("Karu-Model"));
            assertEquals(new ModelHeader("tiny", "1", folder.digest()), header);
            assertEquals("karu-model/golden/case-1.in.x.bin", jar.getNextJarEntry().getName());
        }
    }

    @Test
    void aGoldenTensorOfTheWrongSizeIsRefused() throws Exception {
        ModelVersionFolder folder = folder("v1");
        Files.write(folder.root().resolve("golden/case-1.out.y.bin"), new byte[9]);
        assertRefused(folder.root(), "9 bytes");
    }

    @Test
    void aLinkInsideAVersionIsRefused() throws Exception {
        ModelVersionFolder folder = folder("v1");
        Files.createSymbolicLink(
                folder.root().resolve("link"), folder.root().resolve("model.onnx"));
        assertRefused(folder.root(), "only plain files");
    }

    @ParameterizedTest
    @CsvSource({"../x", "/x", "a/../b", "a//b", "a\\b", "''", ".hidden"})
    void aPathThatLeavesTheVersionIsRefused(String path) {
        assertThrows(ModelException.class, () -> ModelVersionFolder.requirePath(path));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"contract\": 1 | \"contract\": 2 | contract 2",
                "\"name\": \"tiny\" | \"name\": \"../tiny\" | model name",
                "\"version\": \"1\" | \"version\": \"1\\n2\" | version",
                "TEMPLATE_COMPARISON | MIND_READING | MIND_READING",
                "\"type\": \"FLOAT\" | \"type\": \"QUATERNION\" | QUATERNION",
                "\"tolerance\": 1.0E-4 | \"tolerance\": -1 | tolerance",
                "\"tolerance\": 1.0E-4 | \"tolerance\": NaN | model.json",
                "\"threshold\": 0.5 | \"threshold\": 1e999 | threshold",
                "\"shapes\": { | \"shapes\": [ { | model.json",
                "\"case\": 1 | \"case\": 0.5 | whole number",
            })
    void aHostileCardIsRefusedNamingTheField(String good, String bad, String named) {
        String json = card("1").toJson();
        assertTrue(json.contains(good), json);
        ModelException refused =
                assertThrows(ModelException.class, () -> CardFile.parse(json.replace(good, bad)));
        assertEquals(ModelException.Code.CORRUPT, refused.code());
        assertTrue(refused.getMessage().contains(named), refused.getMessage());
    }

    @Test
    void aDeeplyNestedCardIsRefused() {
        String deep = "[".repeat(200_000);
        assertThrows(ModelException.class, () -> CardFile.parse("{\"lineage\":" + deep));
        assertThrows(ModelException.class, () -> CardFile.parse(""));
        assertThrows(ModelException.class, () -> CardFile.parse("null"));
        assertThrows(ModelException.class, () -> CardFile.parse("{} {}"));
    }

    private static void assertRefused(Path root, String message) {
        ModelException refused =
                assertThrows(ModelException.class, () -> ModelVersionFolder.read(root));
        assertEquals(ModelException.Code.CORRUPT, refused.code());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    private static String hex(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
