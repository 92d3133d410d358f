package io.karu.learning.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.learning.data.Problem.Kind;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadDataTest {
    @TempDir Path temp;
    private Path root;

    @BeforeEach
    void create() throws IOException {
        root = Files.createDirectories(temp.resolve("data"));
        image("a.png", 1, 20, 10);
    }

    @Test
    void aTablesProblemsAreNamedOneByOne() throws IOException {
        image("copy.png", 1, 20, 10);
        image("small.png", 2, 20, 10);
        image("narrow.png", 3, 12, 10);
        Files.writeString(root.resolve("text.png"), "no image");
        Files.writeString(
                root.resolve("index.csv"),
                """
                file,class,x,y,width,height,template
                a.png,open,1,1,5,5,
                copy.png,open,1,1,5,5,
                small.png,open,15,1,9,5,
                narrow.png,open,1,1,5,0,a.png
                text.png,open,,,,,
                gone.png,open,,,,,
                ../secret.png,open,,,,,
                a.png,,,,,,
                """);
        List<Problem> problems = problems();
        assertEquals(
                Set.of(
                        "copy.png DUPLICATE",
                        "small.png BOX_OUTSIDE",
                        "index.csv BOX_OUTSIDE",
                        "a.png WRONG_SIZE",
                        "text.png UNREADABLE",
                        "index.csv MISSING",
                        "index.csv ESCAPES",
                        "index.csv DUPLICATE"),
                problems.stream()
                        .map(problem -> problem.file() + " " + problem.kind())
                        .collect(Collectors.toSet()),
                problems.toString());
        DataException refused = assertThrows(DataException.class, () -> DataSets.read(root));
        assertTrue(refused.getMessage().contains("gone.png"), refused.getMessage());
    }

    @Test
    void linksDoNotLeadOut() throws IOException {
        Path secret = temp.resolve("secret.png");
        Files.copy(root.resolve("a.png"), secret);
        Path folder = Files.createDirectories(root.resolve("good"));
        Files.createSymbolicLink(folder.resolve("link.png"), secret);
        image("good/b.png", 4, 20, 10);
        Files.delete(root.resolve("a.png"));
        assertEquals(List.of(Kind.ESCAPES), kinds());
    }

    @Test
    void externalEntitiesAreNotRead() throws IOException {
        Path secret = temp.resolve("secret.txt");
        Files.writeString(secret, "top secret");
        voc(
                "<!DOCTYPE a [<!ENTITY x SYSTEM \""
                        + secret.toUri()
                        + "\">]><annotation><filename>a.png</filename><object><name>&x;</name>"
                        + "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox>"
                        + "</object></annotation>");
        DataException refused = assertThrows(DataException.class, () -> DataSets.read(root));
        assertTrue(!refused.getMessage().contains("top secret"), refused.getMessage());
        assertEquals(Kind.MALFORMED, refused.problems().get(0).kind());
    }

    @Test
    void aBoxBeyondItsImageAndAWrongSizeAreFoundInPascalVoc() throws IOException {
        voc(
                "<annotation><filename>a.png</filename><size><width>99</width><height>10</height></size>"
                        + "<object><name>open</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
                        + "<xmax>21</xmax><ymax>5</ymax></bndbox></object></annotation>");
        assertEquals(Set.of(Kind.WRONG_SIZE, Kind.BOX_OUTSIDE), Set.copyOf(kinds()));
    }

    @Test
    void cocosBrokenReferencesAreNamed() throws IOException {
        Files.writeString(
                root.resolve("coco.json"),
                """
                {"images":[{"id":1,"file_name":"a.png"},{"id":2,"file_name":"gone.png"}],
                 "categories":[{"id":1,"name":"open"}],
                 "annotations":[{"image_id":1,"category_id":7,"bbox":[1,1,2,2]},
                  {"image_id":9,"category_id":1,"bbox":[1,1,2,2]},
                  {"image_id":1,"category_id":1,"bbox":[1,1,0,2]}]}
                """);
        assertEquals(
                Set.of(Kind.MISSING, Kind.UNKNOWN_CLASS, Kind.BOX_OUTSIDE), Set.copyOf(kinds()));
        Files.writeString(
                root.resolve("coco.json"), "{\"images\":[],\"annotations\":3,\"categories\":[]");
        assertThrows(DataException.class, () -> DataSets.read(root));
    }

    @Test
    void yamlThatBuildsObjectsOrExplodesIsRefused() throws IOException {
        Files.createDirectories(root.resolve("labels"));
        Files.createDirectories(root.resolve("images"));
        image("images/a.png", 1, 20, 10);
        Files.writeString(root.resolve("labels/a.txt"), "3 0.5 0.5 0.2 0.2\nnonsense\n");
        Files.writeString(root.resolve("data.yaml"), "names: [open, short]\n");
        assertEquals(Set.of(Kind.UNKNOWN_CLASS, Kind.MALFORMED), Set.copyOf(kinds()));
        Files.writeString(
                root.resolve("data.yaml"), "names: !!javax.script.ScriptEngineManager [open]\n");
        assertTrue(kinds().contains(Kind.MALFORMED));
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        Files.writeString(root.resolve("data.yaml"), bomb + "names: *a29\n");
        assertTrue(kinds().contains(Kind.MALFORMED));
    }

    @Test
    void deepPcbsListsAreChecked() throws IOException {
        Files.writeString(
                root.resolve("test.txt"), "gone.jpg gone.txt\n../up.jpg up.txt\nodd line here\n");
        DataException refused = assertThrows(DataException.class, () -> DataSets.read(root));
        assertEquals(
                List.of(Kind.MISSING, Kind.ESCAPES, Kind.MALFORMED),
                refused.problems().stream().map(Problem::kind).toList());
    }

    private List<Problem> problems() throws IOException {
        try {
            return DataSets.check(root, Optional.empty()).problems();
        } catch (DataException e) {
            return e.problems();
        }
    }

    private List<Kind> kinds() throws IOException {
        return problems().stream().map(Problem::kind).toList();
    }

    private void voc(String xml) throws IOException {
        Files.createDirectories(root.resolve("JPEGImages"));
        Files.createDirectories(root.resolve("Annotations"));
        image("JPEGImages/a.png", 1, 20, 10);
        Files.writeString(root.resolve("Annotations/a.xml"), xml);
    }

    private void image(String name, int seed, int width, int height) throws IOException {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        picture.getRaster().setSample(seed, 3, 0, 200);
        ImageIO.write(picture, "png", root.resolve(name).toFile());
    }
}
