package io.karu.learning.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The shared data sets, where they are. */
class RealDataTest {
    private static Path shared(String name) {
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            Path folder = up.resolve("shared/data").resolve(name);
            if (Files.isDirectory(folder)) {
                return folder;
            }
        }
        assumeTrue(false, "the data set " + name + " is not on this machine");
        throw new AssertionError();
    }

    @Test
    void deepPcbHasItsLists() throws IOException {
        DataSet data = DataSets.read(shared("deeppcb"));
        assertEquals(Layout.DEEPPCB, data.layout());
        assertEquals(1000, data.part(Part.TRAINING).samples().size());
        DataSet test = data.part(Part.TEST);
        assertEquals(400, test.samples().size());
        assertEquals(2515, test.samples().stream().mapToInt(s -> s.annotations().size()).sum());
        assertEquals(400, test.samples().stream().filter(s -> s.template().isPresent()).count());
        assertEquals(
                400,
                data.part(Part.TRAINING).samples().stream()
                        .filter(s -> s.template().isPresent())
                        .count());
    }

    @Test
    void solderJointsHaveTheirFolds() throws IOException {
        DataSet data = DataSets.read(shared("solder-joints"));
        assertEquals(Layout.CSV, data.layout());
        assertEquals(5, data.labels().size());
        assertEquals(
                240,
                data.samples().stream()
                        .filter(s -> s.label().orElseThrow().equals("short"))
                        .count());
        assertEquals(5, data.samples().stream().map(s -> s.attribute("fold")).distinct().count());
    }
}
