package io.karu.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "backup",
        description = "Save a consistent copy of the running aggregator's state to a new zip file.")
final class Backup implements Runnable {
    @Mixin private Connection connection;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Override
    public void run() {
        if (Files.exists(file)) {
            throw new Refused(Refused.FAILED, file + " exists; name a new file");
        }
        connection.open().download("/api/v1/backup", file);
    }
}
