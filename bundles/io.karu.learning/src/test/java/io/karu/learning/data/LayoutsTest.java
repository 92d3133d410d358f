package io.karu.learning.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayoutsTest {
    @TempDir Path temp;

    @ParameterizedTest
    @EnumSource(
            value = Layout.class,
            names = {"DEEPPCB", "COCO", "YOLO", "PASCAL_VOC", "CSV"})
    void boxesSurviveTheWayThereAndBack(Layout layout) throws IOException {
        DataSet boards = parts(boards());
        Path folder = temp.resolve("out");
        DataSets.write(boards, layout, folder);
        assertEquals(layout, DataSets.detect(folder));
        DataSet back = DataSets.read(folder);
        assertEquals(content(boards), content(back));
        assertTrue(boards.labels().containsAll(back.labels()), back.labels().toString());
        assertEquals(List.of(), DataSets.check(folder, Optional.empty()).problems());
    }

    @ParameterizedTest
    @EnumSource(
            value = Layout.class,
            names = {"MVTEC", "IMAGE_FOLDER", "CSV"})
    void classesOfImagesSurviveTheWayThereAndBack(Layout layout) throws IOException {
        DataSet tiles = tiles(layout == Layout.IMAGE_FOLDER ? Part.TRAINING : Part.TEST);
        Path folder = temp.resolve("out");
        DataSets.write(tiles, layout, folder);
        assertEquals(layout, DataSets.detect(folder));
        DataSet back = DataSets.read(folder);
        assertEquals(content(tiles), content(back));
        assertEquals(tiles.labels(), back.labels());
        if (layout != Layout.IMAGE_FOLDER) {
            assertEquals(2, back.samples().stream().filter(s -> s.mask().isPresent()).count());
        }
        assertEquals(List.of(), DataSets.check(folder, Optional.of(layout)).problems());
    }

    @Test
    void anIndexOfOthersTellsItsPartsAndMasksAndBecomesMvtecsLayout() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("others"));
        StringBuilder index = new StringBuilder("file,class,published_split\n");
        for (int i = 0; i < 5; i++) {
            ImageIO.write(picture(i), "jpg", folder.resolve(i + ".jpg").toFile());
            ImageIO.write(picture(i), "png", folder.resolve(i + ".png").toFile());
            index.append(i).append(".jpg,").append(i < 4 ? "Free" : "Crack");
            index.append(i < 3 ? ",train\n" : ",test\n");
        }
        Files.writeString(folder.resolve("list.csv"), index.toString());
        DataSet data = DataSets.read(folder);
        assertEquals(3, data.part(Part.TRAINING).samples().size());
        assertTrue(data.samples().stream().allMatch(sample -> sample.mask().isPresent()));
        Path out = temp.resolve("out");
        DataSets.write(data, Layout.MVTEC, out);
        DataSet back = DataSets.read(out);
        assertEquals(Layout.MVTEC, back.layout());
        assertEquals(List.of("Crack", "good"), back.labels());
        assertEquals(4, back.samples().stream().filter(Sample::isGood).count());
        assertEquals(1, back.samples().stream().filter(s -> s.mask().isPresent()).count());
    }

    @Test
    void severalProductsInMvtecsLayoutKeepTheirNames() throws IOException {
        DataSets.write(tiles(Part.TEST), Layout.MVTEC, temp.resolve("all/left"));
        DataSets.write(tiles(Part.TEST), Layout.MVTEC, temp.resolve("all/right"));
        DataSet both = DataSets.read(temp.resolve("all"));
        assertEquals(2 * tiles(Part.TEST).samples().size(), both.samples().size());
        assertEquals(
                List.of("left", "right"),
                both.samples().stream().map(s -> s.attribute(Sample.PRODUCT)).distinct().toList());
    }

    @Test
    void flatFoldersOfBoardsAreDeepPcb() throws IOException {
        DataSet boards = boards();
        assertEquals(Layout.DEEPPCB, boards.layout());
        assertEquals(3, boards.samples().size());
        assertTrue(boards.samples().stream().allMatch(s -> s.template().isPresent()));
        assertEquals(boards.digest(), DataSets.read(temp.resolve("boards")).digest());
    }

    @Test
    void aLayoutThatCannotHoldTheDataSaysWhy() throws IOException {
        DataSet boards = boards();
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> DataSets.write(boards, Layout.IMAGE_FOLDER, temp.resolve("out")));
        assertTrue(refused.getMessage().contains("00000000"), refused.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> DataSets.write(boards, Layout.COCO, temp.resolve("boards")));
    }

    @Test
    void aFolderOfNothingIsToldWhatEachLayoutLooksLike() throws IOException {
        Path empty = Files.createDirectories(temp.resolve("empty"));
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> DataSets.read(empty));
        assertTrue(refused.getMessage().contains("JPEGImages"), refused.getMessage());
    }

    private DataSet boards() throws IOException {
        Path folder = temp.resolve("boards");
        BoardGenerator generator = new BoardGenerator(11, 1);
        for (int i = 0; i < 3; i++) {
            new BoardFolder(folder).write(generator.board(i));
        }
        return DataSets.read(folder);
    }

    private static DataSet parts(DataSet data) {
        List<Sample> samples = new ArrayList<>();
        for (Sample sample : data.samples()) {
            Part part = samples.isEmpty() ? Part.TEST : Part.TRAINING;
            samples.add(
                    new Sample(
                            sample.id(),
                            sample.image(),
                            part,
                            sample.label(),
                            sample.annotations(),
                            sample.template(),
                            sample.mask(),
                            sample.attributes()));
        }
        return new DataSet(data.name(), data.layout(), data.labels(), samples);
    }

    private DataSet tiles(Part firstScratch) throws IOException {
        Path folder = Files.createDirectories(temp.resolve("tiles"));
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Path image = folder.resolve("tile " + i + ".png");
            ImageIO.write(picture(i), "png", image.toFile());
            Sample.Builder sample =
                    Sample.of("tile " + i + ".png", image)
                            .part(i < 3 ? Part.TRAINING : i == 4 ? firstScratch : Part.TEST)
                            .label(i < 4 ? "good" : "scratch");
            if (i >= 4) {
                Path mask = folder.resolve("mask" + i + ".png");
                ImageIO.write(picture(i), "png", mask.toFile());
                sample.mask(mask);
            }
            samples.add(sample.build());
        }
        return new DataSet("tiles", Layout.CSV, List.of("good", "scratch"), samples);
    }

    private static BufferedImage picture(int seed) {
        BufferedImage picture = new BufferedImage(20, 10, BufferedImage.TYPE_BYTE_GRAY);
        picture.getRaster().setSample(seed, 3, 0, 200);
        return picture;
    }

    /** What a layout must keep: each image's content, part, class and boxes. */
    private static TreeSet<String> content(DataSet data) throws IOException {
        TreeSet<String> content = new TreeSet<>();
        for (Sample sample : data.samples()) {
            content.add(
                    HexFormat.of().formatHex(DataSet.hash(sample.image()))
                            + " "
                            + sample.part()
                            + " "
                            + sample.label()
                            + " "
                            + sample.annotations());
        }
        return content;
    }
}
