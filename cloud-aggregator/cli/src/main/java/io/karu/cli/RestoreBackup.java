package io.karu.cli;

import io.karu.aggregator.backup.Restore;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        description = {
            "Fill the data directory (--data) of a stopped aggregator from a backup.",
            "The directory must be empty or absent; the next start runs on it."
        })
final class RestoreBackup implements Runnable {
    @Mixin private Connection connection;

    @Parameters(paramLabel = "FILE")
    private Path file;

    @Override
    public void run() {
        try {
            Restore.into(file, connection.data());
        } catch (IllegalArgumentException e) {
            throw new Refused(Refused.FAILED, e.getMessage());
        } catch (IOException e) {
            throw new Refused(Refused.FAILED, file + " cannot be restored: " + e.getMessage());
        }
    }
}
