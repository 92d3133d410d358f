package io.karu.aggregator.blob;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class ContentFolderTest extends ContentStoreContract {
    @TempDir Path folder;

    @Override
    ContentStore open() throws Exception {
        return new ContentFolder(folder);
    }
}
