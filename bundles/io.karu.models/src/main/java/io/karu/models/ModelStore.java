package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Model versions and the record on disk. Everything new is written aside, synced and renamed, so
 * that a power cut at any step leaves the state before or after it. Confined to one thread.
 *
 * <pre>
 * record.json           what this gateway has decided
 * record.previous.json  the record before the last change, read when record.json is damaged
 * versions/HEX/         one version each
 * releases/HEX.json     signed release of a version
 * trust.json            whom this gateway believes
 * incoming/             being copied; emptied at start
 * </pre>
 */
final class ModelStore {
    private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);

    private final Path root;
    private final Path versions;
    private final Path incoming;
    private final Path releases;
    private final Steps steps;
    private ModelRecord record;

    /** Opens the store and removes what interrupted work left. */
    ModelStore(Path root, Steps steps) throws IOException {
        this.root = root;
        this.versions = root.resolve("versions");
        this.incoming = root.resolve("incoming");
        this.releases = root.resolve("releases");
        this.steps = steps;
        delete(incoming);
        Files.createDirectories(versions);
        Files.createDirectories(incoming);
        Files.createDirectories(releases);
        record = readRecord();
        reconcile();
    }

    ModelRecord record() {
        return record;
    }

    /** Replaces the record durably; unchanged when it throws. */
    void commit(ModelRecord next) throws IOException {
        Path file = root.resolve("record.json");
        Path aside = root.resolve("record.next.json");
        steps.reached(Step.RECORD_WRITE);
        writeSynced(aside, next.toJson().getBytes(StandardCharsets.UTF_8));
        steps.reached(Step.RECORD_WRITTEN);
        if (Files.exists(file)) {
            Files.copy(
                    file,
                    root.resolve("record.previous.json"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        steps.reached(Step.RECORD_PREVIOUS_KEPT);
        Files.move(
                aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        record = next;
        try {
            sync(root);
        } catch (IOException e) {
            LOG.warn("{} cannot be synced: {}", root, e.getMessage());
        }
        steps.reached(Step.RECORD_RENAMED);
    }

    boolean holds(Digest digest) {
        return Files.isDirectory(versions.resolve(digest.hex()));
    }

    /**
     * Copies a version into the store. Its digest, its card and its name must be those of the
     * header.
     *
     * @param limit most bytes the version may have
     * @throws ModelException {@code CORRUPT}; the store is as before
     */
    ModelVersionFolder add(ModelHeader header, ModelSource source, long limit)
            throws ModelException, IOException {
        Path aside = Files.createTempDirectory(incoming, "version-");
        try {
            steps.reached(Step.COPY_BEGIN);
            copy(source, aside, limit);
            steps.reached(Step.COPY_SYNCED);
            ModelVersionFolder folder = ModelVersionFolder.read(aside);
            requireHeader(header, folder);
            Path target = versions.resolve(header.digest().hex());
            delete(target);
            steps.reached(Step.VERSION_RENAME);
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            sync(versions);
            steps.reached(Step.VERSION_RENAMED);
            commit(
                    record.withVersion(
                            header.digest(),
                            new ModelRecord.Version(
                                    header.name(),
                                    header.version(),
                                    folder.bytes(),
                                    Optional.empty(),
                                    false)));
            return new ModelVersionFolder(
                    target, folder.card(), folder.golden(), folder.digest(), folder.files());
        } finally {
            delete(aside);
        }
    }

    /**
     * Reads a stored version and checks that it is what its digest says.
     *
     * @throws ModelException {@code CORRUPT} when files are damaged or missing
     */
    ModelVersionFolder read(Digest digest) throws ModelException {
        Path folder = versions.resolve(digest.hex());
        try {
            ModelVersionFolder version = ModelVersionFolder.read(folder);
            if (!version.digest().equals(digest)) {
                throw new ModelException(
                        Code.CORRUPT,
                        "the stored files of "
                                + digest.abbreviated()
                                + " are damaged: their digest is "
                                + version.digest().abbreviated());
            }
            return version;
        } catch (IOException e) {
            throw new ModelException(
                    Code.CORRUPT,
                    "the stored files of "
                            + digest.abbreviated()
                            + " cannot be read: "
                            + e.getMessage(),
                    e);
        }
    }

    /** Copies an undamaged version to a folder that does not exist yet. */
    void copyOut(Digest digest, Path folder) throws ModelException, IOException {
        ModelVersionFolder version = read(digest);
        for (String path : version.files().keySet()) {
            Path to = folder.resolve(path);
            Files.createDirectories(to.getParent());
            Files.copy(version.root().resolve(path), to);
        }
    }

    /**
     * Keeps the signed release of a version, durably; the one that is kept is not written again.
     */
    void keepRelease(Digest digest, byte[] envelope) throws IOException {
        if (release(digest).filter(kept -> Arrays.equals(kept, envelope)).isEmpty()) {
            replace(releaseFile(digest), envelope);
        }
    }

    /** The signed release of a version; absent when it came without. */
    Optional<byte[]> release(Digest digest) throws IOException {
        Path file = releaseFile(digest);
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    private Path releaseFile(Digest digest) {
        return releases.resolve(digest.hex() + ".json");
    }

    /** Replaces a small file in one step, durably. */
    static void replace(Path file, byte[] content) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".next");
        writeSynced(aside, content);
        Files.move(
                aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(file.getParent());
    }

    private static void writeSynced(Path file, byte[] content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    /** Removes a version's files; sessions that are open on it go on. */
    void removeFiles(Digest digest) {
        try {
            delete(versions.resolve(digest.hex()));
        } catch (IOException e) {
            LOG.warn("the files of {} cannot be removed: {}", digest.abbreviated(), e.getMessage());
        }
    }

    private void copy(ModelSource source, Path aside, long limit)
            throws ModelException, IOException {
        Set<Path> folders = new LinkedHashSet<>(List.of(aside));
        long left = limit;
        for (String path : source.paths()) {
            Path file = aside.resolve(ModelVersionFolder.requirePath(path));
            Files.createDirectories(file.getParent());
            folders.add(file.getParent());
            left -= copy(source, path, file, left);
            steps.reached(Step.COPY_FILE);
        }
        for (Path folder : folders) {
            sync(folder);
        }
        sync(incoming);
    }

    private static long copy(ModelSource source, String path, Path file, long limit)
            throws ModelException, IOException {
        long bytes = 0;
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = source.open(path);
                FileChannel out =
                        FileChannel.open(
                                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                bytes += n;
                if (bytes > limit) {
                    throw new ModelException(
                            Code.CORRUPT,
                            "the version is larger than the store may grow; raise store.megabytes or remove models");
                }
                ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, n);
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
            out.force(true);
        }
        return bytes;
    }

    private static void requireHeader(ModelHeader header, ModelVersionFolder folder)
            throws ModelException {
        if (!folder.digest().equals(header.digest())) {
            throw new ModelException(
                    Code.CORRUPT,
                    "the content's digest is "
                            + folder.digest().abbreviated()
                            + ", the bundle claims "
                            + header.digest().abbreviated());
        }
        if (!folder.card().name().equals(header.name())
                || !folder.card().version().equals(header.version())) {
            throw new ModelException(
                    Code.CORRUPT,
                    "the card is of "
                            + folder.card().name()
                            + " "
                            + folder.card().version()
                            + ", the bundle claims "
                            + header.name()
                            + " "
                            + header.version());
        }
    }

    private ModelRecord readRecord() throws IOException {
        for (String name : List.of("record.json", "record.previous.json")) {
            Path file = root.resolve(name);
            try {
                return ModelRecord.parse(Files.readString(file));
            } catch (NoSuchFileException e) {
                LOG.debug("{} does not exist", file);
            } catch (IOException | RuntimeException e) {
                LOG.error("{} is damaged and not used: {}", file, e.toString());
            }
        }
        return ModelRecord.EMPTY;
    }

    /**
     * Folders without record are of interrupted copies; versions without folder are of interrupted
     * removals.
     */
    private void reconcile() throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(versions)) {
            for (Path folder : folders) {
                if (!recorded(folder.getFileName().toString())) {
                    delete(folder);
                }
            }
        }
        try (DirectoryStream<Path> kept = Files.newDirectoryStream(releases)) {
            for (Path file : kept) {
                if (!recorded(file.getFileName().toString().replaceFirst("\\..*", ""))) {
                    Files.delete(file);
                }
            }
        }
        ModelRecord known = record;
        Set<Digest> needed = new HashSet<>(known.meant());
        needed.addAll(known.lastGood());
        for (Map.Entry<Digest, ModelRecord.Version> version : known.versions().entrySet()) {
            Digest digest = version.getKey();
            if (version.getValue().rejected().isEmpty()
                    && !holds(digest)
                    && !needed.contains(digest)) {
                record = record.withoutVersion(digest);
            }
        }
        if (record != known) {
            commit(record);
        }
    }

    private boolean recorded(String hex) {
        return record.versions().entrySet().stream()
                .anyMatch(v -> v.getKey().hex().equals(hex) && v.getValue().rejected().isEmpty());
    }

    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            List<Path> paths = new ArrayList<>();
            try (Stream<Path> tree = Files.walk(folder)) {
                tree.sorted(Comparator.reverseOrder()).forEach(paths::add);
            }
            for (Path path : paths) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        }
    }
}
