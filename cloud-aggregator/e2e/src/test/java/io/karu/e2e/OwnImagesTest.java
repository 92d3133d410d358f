package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.RestClient;
import io.karu.testbed.Testbed;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./karu up --images DIR}: the reader's own pairs of images. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnImagesTest {
    private static final Path DEEP_PCB =
            Line.ROOT.resolveSibling("shared").resolve("data/deeppcb/PCBData");
    private static final int PAIRS = 3;

    @TempDir static Path folder;

    private final List<String> generated = new ArrayList<>();
    private final List<String> deepPcb = new ArrayList<>();
    private RunningKaru karu;
    private RestClient rest;

    @BeforeAll
    void startOnThem() throws Exception {
        Path images = folder.resolve("images");
        BoardGenerator generator = new BoardGenerator(11, 1);
        BoardFolder boards = new BoardFolder(images.resolve("generated"));
        for (int number = 0; number < PAIRS; number++) {
            Board board = generator.board(number);
            boards.write(board);
            generated.add(board.id());
        }
        copyDeepPcb(Files.createDirectories(images.resolve("deeppcb")));
        Path home = folder.resolve("home");
        karu =
                RunningKaru.up(
                        Line.ROOT,
                        home,
                        "--images",
                        images.toString(),
                        "--gateways",
                        "1",
                        "--rate",
                        "2");
        String address = karu.await("Open\\s+(http://\\S+)", Duration.ofMinutes(15)).group(1);
        rest =
                new RestClient(
                        address, Files.readString(home.resolve("aggregator/api-token")).trim());
    }

    private void copyDeepPcb(Path target) throws IOException {
        if (!Files.isDirectory(DEEP_PCB)) {
            return;
        }
        try (Stream<Path> files = Files.walk(DEEP_PCB)) {
            for (Path test :
                    files.filter(file -> file.getFileName().toString().endsWith("_test.jpg"))
                            .filter(test -> Files.isRegularFile(template(test)))
                            .sorted()
                            .limit(PAIRS)
                            .toList()) {
                String id = test.getFileName().toString().replace("_test.jpg", "");
                Files.copy(test, target.resolve(id + "_test.jpg"));
                Files.copy(test.resolveSibling(id + "_temp.jpg"), target.resolve(id + "_temp.jpg"));
                deepPcb.add(id);
            }
        }
    }

    private static Path template(Path test) {
        return test.resolveSibling(test.getFileName().toString().replace("_test.jpg", "_temp.jpg"));
    }

    @AfterAll
    void stop() throws Exception {
        if (karu != null) {
            karu.close();
        }
    }

    @Test
    void eachGeneratedPairGetsItsVerdict() throws Exception {
        for (String id : generated) {
            assertEquals("REJECT", awaitVerdict(id).path("decision").asText(), id);
        }
    }

    @Test
    void eachDeepPcbPairGetsItsVerdict() throws Exception {
        assumeTrue(!deepPcb.isEmpty(), "no DeepPCB pairs are at " + DEEP_PCB);
        for (String id : deepPcb) {
            assertEquals("REJECT", awaitVerdict(id).path("decision").asText(), id);
        }
    }

    @Test
    void aFolderWithoutPairsIsRefusedBeforeAnythingStarts() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Files.writeString(empty.resolve("notes.txt"), "no image");
        Path home = folder.resolve("unused");
        try (RunningKaru refused = RunningKaru.up(Line.ROOT, home, "--images", empty.toString())) {
            assertEquals(1, refused.awaitEnd(Line.LONG));
            refused.await("no pair <id>_test\\.jpg with <id>_temp\\.jpg", Line.LONG);
        }
        assertFalse(Files.exists(home.resolve("log")), "a process was started");
        assertFalse(Files.exists(home.resolve("aggregator")), "an aggregator was started");
    }

    private JsonNode awaitVerdict(String id) throws IOException, InterruptedException {
        return Testbed.await(
                "a verdict on " + id,
                Line.LONG,
                () -> {
                    for (JsonNode verdict :
                            rest.get("/api/v1/verdicts?limit=200").path("verdicts")) {
                        if (verdict.path("frame").asText().endsWith("-" + id + "_test.jpg")) {
                            return Optional.of(verdict);
                        }
                    }
                    return Optional.empty();
                });
    }
}
