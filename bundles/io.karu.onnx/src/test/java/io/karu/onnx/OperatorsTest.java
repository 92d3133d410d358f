package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OperatorsTest {
    /** Set to have the page written instead of compared. */
    private static final String WRITE = "karu.write.docs";

    @Test
    void thePageOfOperatorsIsWhatTheCodeSays() throws IOException {
        Path page = Path.of("../../docs/operators.md");
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(page, OperatorsPage.text());
        }
        assertEquals(
                OperatorsPage.text(),
                Files.readString(page),
                "write it again: mvn test -pl bundles/io.karu.onnx -am -Dtest=OperatorsTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -D"
                        + WRITE
                        + "=true");
    }
}
