package io.karu.models;

import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;

/** A version in a folder of this gateway. */
record FolderSource(ModelVersionFolder version) implements ModelSource {
    @Override
    public List<String> paths() {
        return List.copyOf(version.files().keySet());
    }

    @Override
    public InputStream open(String path) throws IOException {
        return Files.newInputStream(version.root().resolve(path));
    }

    @Override
    public boolean changed() {
        return false;
    }

    @Override
    public boolean obsolete() {
        return false;
    }
}
