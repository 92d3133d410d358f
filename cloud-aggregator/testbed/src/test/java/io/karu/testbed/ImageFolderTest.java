package io.karu.testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir Path folder;

    @Test
    void imagesWithoutTemplateAreNamed() throws Exception {
        for (String name :
                List.of("a_test.jpg", "a_temp.jpg", "b_test.jpg", "c.PNG", "d_temp.bmp", "e.txt")) {
            Files.createFile(folder.resolve(name));
        }
        ImageFolder images = ImageFolder.of(folder, Optional.empty());
        assertEquals(1, images.size());
        assertEquals(
                List.of(folder.resolve("b_test.jpg"), folder.resolve("c.PNG")),
                images.withoutTemplate());
    }
}
