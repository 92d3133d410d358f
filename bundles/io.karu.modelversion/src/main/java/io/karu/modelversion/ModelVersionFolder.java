package io.karu.modelversion;

import io.karu.api.inference.TensorInfo;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A model version as a folder: {@code model.onnx}, {@code model.json} and {@code golden/}.
 * Immutable; the folder is not read again after {@link #read}.
 *
 * @param root the folder
 * @param card from {@code model.json}
 * @param golden recorded runs, at least one
 * @param digest identity of the content
 * @param files every file by its path inside the folder, sorted
 */
public record ModelVersionFolder(
        Path root,
        ModelCard card,
        List<GoldenCase> golden,
        Digest digest,
        SortedMap<String, VersionFile> files) {
    /** The graph's path inside a version. */
    public static final String GRAPH = "model.onnx";

    /** The card's path inside a version. */
    public static final String CARD = "model.json";

    private static final Pattern PATH =
            Pattern.compile(
                    "[A-Za-z0-9_][A-Za-z0-9._-]{0,150}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,150}){0,3}");
    private static final int MAX_FILES = 1000;
    private static final long MAX_CARD_BYTES = 4 << 20;

    /** One file of a version: its size in bytes and the 64 hexadecimal digits of its SHA-256. */
    public record VersionFile(long bytes, String sha256) {}

    public ModelVersionFolder {
        Objects.requireNonNull(root, "root");
        Objects.requireNonNull(card, "card");
        golden = List.copyOf(golden);
        Objects.requireNonNull(digest, "digest");
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }

    /**
     * Reads and checks a folder: legal paths, card, and golden tensors of the size their shapes
     * say. Does not open the graph.
     *
     * @throws ModelException {@code CORRUPT}; the message names the file and what is wrong
     */
    public static ModelVersionFolder read(Path root) throws ModelException, IOException {
        SortedMap<String, VersionFile> files = new TreeMap<>();
        collect(root, root, files);
        if (!files.containsKey(GRAPH) || !files.containsKey(CARD)) {
            throw corrupt(root.getFileName() + ": a model version needs " + GRAPH + " and " + CARD);
        }
        CardFile card = card(root);
        requireGolden(card, files);
        return new ModelVersionFolder(root, card.card(), card.golden(), digest(files), files);
    }

    /**
     * Writes a new version folder and reads it back.
     *
     * @param root created; must be absent or empty
     * @param golden content of the golden tensors by path ({@link GoldenCase#inputPath}), raw
     *     little-endian
     */
    public static ModelVersionFolder create(
            Path root, byte[] graph, CardFile card, Map<String, byte[]> golden)
            throws ModelException, IOException {
        Files.createDirectories(root);
        Files.write(root.resolve(GRAPH), graph);
        Files.writeString(root.resolve(CARD), card.toJson());
        for (Map.Entry<String, byte[]> tensor : golden.entrySet()) {
            Path file = root.resolve(requirePath(tensor.getKey()));
            Files.createDirectories(file.getParent());
            Files.write(file, tensor.getValue());
        }
        return read(root);
    }

    /**
     * Checks the path of a file inside a version: relative, plain names, at most four levels.
     * Throws {@code CORRUPT}.
     */
    public static String requirePath(String path) throws ModelException {
        if (!PATH.matcher(path).matches()) {
            throw corrupt("file \"" + path + "\": not a legal path inside a model version");
        }
        return path;
    }

    /** The digest of a version from its files, as defined by {@link Digest}. */
    public static Digest digest(SortedMap<String, VersionFile> files) {
        StringBuilder text = new StringBuilder();
        files.forEach(
                (path, file) -> text.append(file.sha256()).append("  ").append(path).append('\n'));
        return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads the whole card of a version: also metrics and lineage.
     *
     * @param root the version's folder
     * @throws ModelException {@code CORRUPT}; the message names the field
     */
    public static CardFile card(Path root) throws ModelException, IOException {
        Path file = root.resolve(CARD);
        if (Files.size(file) > MAX_CARD_BYTES) {
            throw corrupt(CARD + ": " + Files.size(file) + " bytes, at most " + MAX_CARD_BYTES);
        }
        return CardFile.parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    /** Path of the graph, for an engine. */
    public Path graph() {
        return root.resolve(GRAPH);
    }

    /** Size of all files in bytes. */
    public long bytes() {
        return files.values().stream().mapToLong(VersionFile::bytes).sum();
    }

    private static void collect(Path root, Path folder, SortedMap<String, VersionFile> files)
            throws ModelException, IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String path = requirePath(root.relativize(entry).toString().replace('\\', '/'));
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    collect(root, entry, files);
                } else if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    throw corrupt("file \"" + path + "\": only plain files are allowed");
                } else if (files.size() == MAX_FILES) {
                    throw corrupt("more than " + MAX_FILES + " files");
                } else {
                    files.put(path, hash(entry));
                }
            }
        }
    }

    private static VersionFile hash(Path file) throws IOException {
        MessageDigest sha = Sha256.begin();
        long bytes = 0;
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
                bytes += n;
            }
        }
        return new VersionFile(bytes, HexFormat.of().formatHex(sha.digest()));
    }

    private static void requireGolden(CardFile card, SortedMap<String, VersionFile> files)
            throws ModelException {
        if (card.golden().isEmpty()) {
            throw corrupt(
                    CARD
                            + ": golden: at least one recorded run is needed, so that a gateway can check the model");
        }
        for (GoldenCase golden : card.golden()) {
            for (TensorInfo input : card.card().inputs()) {
                requireTensor(files, golden.inputPath(input.name()), input, golden);
            }
            for (TensorInfo output : card.card().outputs()) {
                requireTensor(files, golden.outputPath(output.name()), output, golden);
            }
        }
    }

    private static void requireTensor(
            SortedMap<String, VersionFile> files, String path, TensorInfo tensor, GoldenCase golden)
            throws ModelException {
        VersionFile file = files.get(path);
        if (file == null) {
            throw corrupt(path + " is missing");
        }
        long expected = tensor.type().bytes();
        try {
            for (long dimension : golden.shape(tensor.name())) {
                expected = Math.multiplyExact(expected, dimension);
            }
        } catch (ArithmeticException e) {
            expected = Long.MAX_VALUE;
        }
        if (file.bytes() != expected) {
            throw corrupt(
                    path
                            + ": "
                            + file.bytes()
                            + " bytes, but shape "
                            + golden.shape(tensor.name())
                            + " of "
                            + tensor.type()
                            + " takes "
                            + expected);
        }
    }

    private static ModelException corrupt(String message) {
        return new ModelException(ModelException.Code.CORRUPT, message);
    }
}
