package io.karu.gateway.configuration;

import io.karu.gateway.system.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.crypto.CryptoService;

/**
 * Encrypted {@code snapshot_<milliseconds>.xml} files; the newest are kept, and the first, of id 0,
 * always.
 */
final class SnapshotStore {

    static final long SEED = 0;
    private static final Pattern NAME = Pattern.compile("snapshot_(\\d+)\\.xml");

    private final Path directory;
    private final int count;
    private final CryptoService crypto;

    SnapshotStore(Path directory, int count, CryptoService crypto) {
        this.directory = directory;
        this.count = count;
        this.crypto = crypto;
    }

    NavigableSet<Long> ids() throws KuraException {
        NavigableSet<Long> ids = new TreeSet<>();
        if (!Files.isDirectory(directory)) {
            return ids;
        }
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .forEach(name -> ids.add(Long.parseLong(name.group(1))));
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_SNAPSHOT_LISTING, e);
        }
        return ids;
    }

    OptionalLong latest() throws KuraException {
        NavigableSet<Long> ids = ids();
        return ids.isEmpty() ? OptionalLong.empty() : OptionalLong.of(ids.last());
    }

    List<ComponentConfiguration> load(long id) throws KuraException {
        Path file = file(id);
        if (!Files.exists(file)) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_SNAPSHOT_NOT_FOUND, file);
        }
        try {
            char[] clear = crypto.decryptAes(Files.readString(file).toCharArray());
            return ConfigurationXml.read(new String(clear), crypto);
        } catch (IOException | KuraException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_SNAPSHOT_LOADING, e, file);
        }
    }

    /** Saves under a new id and removes what exceeds the count. */
    long save(List<ComponentConfiguration> configurations) throws KuraException {
        long id = Math.max(System.currentTimeMillis(), latest().orElse(SEED) + 1);
        save(id, configurations);
        prune();
        return id;
    }

    void save(long id, List<ComponentConfiguration> configurations) throws KuraException {
        List<Configured> withoutDefinitions = new ArrayList<>();
        for (ComponentConfiguration each : configurations) {
            withoutDefinitions.add(
                    new Configured(each.getPid(), null, each.getConfigurationProperties()));
        }
        char[] sealed = crypto.encryptAes(ConfigurationXml.write(withoutDefinitions).toCharArray());
        try {
            PrivateFiles.write(file(id), new String(sealed).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_SNAPSHOT_TAKING, e);
        }
    }

    private void prune() throws KuraException {
        NavigableSet<Long> ids = ids();
        int excess = ids.size() - count;
        ids.remove(SEED);
        for (; excess > 0 && !ids.isEmpty(); excess--) {
            try {
                Files.deleteIfExists(file(ids.pollFirst()));
            } catch (IOException e) {
                throw new KuraException(KuraErrorCode.CONFIGURATION_SNAPSHOT_TAKING, e);
            }
        }
    }

    private Path file(long id) {
        return directory.resolve("snapshot_" + id + ".xml");
    }
}
