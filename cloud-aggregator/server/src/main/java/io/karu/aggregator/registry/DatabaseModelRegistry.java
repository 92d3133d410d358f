package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.DesiredState;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.deployment.PackageRepository;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Upsert;
import io.karu.api.model.ModelException;
import io.karu.kura.deployment.DeploymentPackageException;
import io.karu.modelversion.ModelVersionFolder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.jdbi.v3.core.Jdbi;

/** Model versions as rows; their content is kept in the package that wraps each. */
public final class DatabaseModelRegistry implements ModelRegistry {
    private static final long MAXIMUM_BYTES = 512L << 20;
    private static final int MAXIMUM_ENTRIES = 1000;
    private static final int ABBREVIATION = 12;

    private final Path folder;
    private final Jdbi jdbi;
    private final PackageRepository packages;
    private final DeploymentService deployments;
    private final ModelPackager packager;
    private final UploadCheck check;
    private final EventBus events;

    /**
     * @param folder for unpacking; emptied
     */
    public DatabaseModelRegistry(
            Path folder,
            Database database,
            PackageRepository packages,
            DeploymentService deployments,
            ModelPackager packager,
            UploadCheck check,
            EventBus events)
            throws IOException {
        this.folder = folder;
        this.jdbi = database.jdbi();
        this.packages = packages;
        this.deployments = deployments;
        this.packager = packager;
        this.check = check;
        this.events = events;
        delete(folder);
        Files.createDirectories(folder);
    }

    @Override
    public List<ModelVersion> list() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select * from model_version order by name, counter desc")
                                .map((row, context) -> version(row))
                                .list());
    }

    @Override
    public List<ModelVersion> versions(String name) {
        List<ModelVersion> versions = named(name);
        if (versions.isEmpty() && !known(name)) {
            throw DatabaseRegisteredModels.unknown(name);
        }
        return versions;
    }

    private boolean known(String name) {
        return jdbi.withHandle(
                handle ->
                        handle.select("select name from model where name = ?", name)
                                .mapTo(String.class)
                                .findOne()
                                .isPresent());
    }

    private List<ModelVersion> named(String name) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from model_version where name = ? order by counter desc",
                                        name)
                                .map((row, context) -> version(row))
                                .list());
    }

    @Override
    public Optional<ModelVersion> find(String name, String digest) {
        String hex = digest.startsWith("sha256:") ? digest.substring(7) : digest;
        if (hex.length() < ABBREVIATION) {
            return Optional.empty();
        }
        List<ModelVersion> fitting =
                named(name).stream().filter(v -> v.digest().startsWith("sha256:" + hex)).toList();
        return fitting.size() == 1 ? Optional.of(fitting.get(0)) : Optional.empty();
    }

    @Override
    public ModelVersion get(String name, String digest) {
        return find(name, digest)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.MODEL_NOT_FOUND,
                                        "model \""
                                                + name
                                                + "\" has no version "
                                                + digest
                                                + "; give at least "
                                                + ABBREVIATION
                                                + " hexadecimal digits of a registered one"));
    }

    @Override
    public ModelVersion register(InputStream zip, String registeredBy) throws IOException {
        Path unpacked = folder.resolve(UUID.randomUUID().toString());
        try {
            unpack(zip, unpacked);
            return register(root(unpacked), registeredBy);
        } catch (ZipException e) {
            throw new AggregatorException(
                    Code.MODEL_INVALID, "this is no zip file: " + e.getMessage(), e);
        } catch (ModelException e) {
            throw new AggregatorException(Code.MODEL_INVALID, e.getMessage(), e);
        } finally {
            delete(unpacked);
        }
    }

    @Override
    public ModelVersion register(Path content, String registeredBy) throws IOException {
        return register(content, Optional.empty(), registeredBy);
    }

    @Override
    public ModelVersion register(Path content, String name, String registeredBy)
            throws IOException {
        return register(content, Optional.of(name), registeredBy);
    }

    private ModelVersion register(Path content, Optional<String> wanted, String registeredBy)
            throws IOException {
        try {
            ModelVersionFolder version = ModelVersionFolder.read(content);
            String name = version.card().name();
            if (wanted.isPresent() && !wanted.get().equals(name)) {
                throw new AggregatorException(
                        Code.MODEL_INVALID,
                        "model.json: name is \""
                                + name
                                + "\", but the version is to be one of \""
                                + wanted.get()
                                + "\"");
            }
            String digest = version.digest().toString();
            Optional<ModelVersion> known = find(name, digest);
            if (known.isPresent()) {
                return known.get();
            }
            JsonNode facts = check.check(version);
            return keep(version, content, facts, registeredBy);
        } catch (ModelException | DeploymentPackageException e) {
            throw new AggregatorException(Code.MODEL_INVALID, e.getMessage(), e);
        }
    }

    private synchronized ModelVersion keep(
            ModelVersionFolder version, Path content, JsonNode facts, String registeredBy)
            throws IOException, DeploymentPackageException {
        String name = version.card().name();
        String digest = version.digest().toString();
        Optional<ModelVersion> known = find(name, digest);
        if (known.isPresent()) {
            return known.get();
        }
        int counter = nextCounter(name, registeredBy);
        ModelVersion registered =
                new ModelVersion(
                        name,
                        version.card().version(),
                        digest,
                        counter,
                        Json.tree(Files.readString(content.resolve(ModelVersionFolder.CARD))),
                        version.bytes(),
                        wrap(version, counter),
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        registeredBy);
        insert(registered, facts);
        events.publish(new Event.ModelRegistered(registered));
        return registered;
    }

    /** Never given twice, also when versions were removed: a gateway refuses a lower one. */
    private int nextCounter(String name, String registeredBy) {
        return Upsert.run(
                () ->
                        jdbi.inTransaction(
                                handle -> {
                                    DatabaseRegisteredModels.ensure(handle, name, registeredBy);
                                    handle.execute(
                                            "update model set counter = counter + 1, updated_at = ? where name = ?",
                                            Instant.now().truncatedTo(ChronoUnit.MILLIS),
                                            name);
                                    return handle.select(
                                                    "select counter from model where name = ?",
                                                    name)
                                            .mapTo(Integer.class)
                                            .one();
                                }));
    }

    @Override
    public synchronized void remove(String name, String digest) {
        ModelVersion version = get(name, digest);
        requireUnused(version);
        jdbi.useHandle(
                handle ->
                        handle.execute(
                                "delete from model_version where name = ? and digest = ?",
                                name,
                                version.digest()));
        try {
            packages.remove(version.packageId());
        } catch (AggregatorException e) {
            if (e.code() != Code.PACKAGE_NOT_FOUND) {
                throw e;
            }
        }
        events.publish(new Event.ModelChanged(name));
    }

    private void requireUnused(ModelVersion version) {
        List<String> users = new ArrayList<>();
        jdbi.useHandle(
                handle -> {
                    handle.select(
                                    "select alias from model_alias where name = ? and digest = ?",
                                    version.name(),
                                    version.digest())
                            .mapTo(String.class)
                            .forEach(alias -> users.add("the alias " + alias + " means it"));
                    handle.select(
                                    "select client_id, station from model_use where digest = ?",
                                    version.digest())
                            .map(
                                    (row, context) ->
                                            row.getString("client_id")
                                                    + ", station "
                                                    + row.getString("station"))
                            .forEach(station -> users.add("it decided last at " + station));
                    handle.select("select client_id, state from desired_state")
                            .map(
                                    (row, context) ->
                                            wants(row.getString("state"), version)
                                                    ? row.getString("client_id")
                                                    : "")
                            .filter(gateway -> !gateway.isEmpty())
                            .forEach(gateway -> users.add(gateway + " should have it"));
                });
        if (!users.isEmpty()) {
            throw new AggregatorException(
                    Code.MODEL_IN_USE,
                    version.name()
                            + " "
                            + version.version()
                            + " cannot be removed: "
                            + String.join("; ", users));
        }
    }

    private static boolean wants(String state, ModelVersion version) {
        DesiredState desired = Json.read(state, DesiredState.class);
        return desired.packages().contains(version.packageId())
                || desired.models().stream().anyMatch(m -> m.digest().equals(version.digest()));
    }

    private PackageId wrap(ModelVersionFolder version, int counter)
            throws IOException, DeploymentPackageException {
        byte[] wrapped = packager.pack(version, counter).toBytes();
        return packages.add(new ByteArrayInputStream(wrapped), "registry").id();
    }

    private void insert(ModelVersion v, JsonNode facts) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        insert into model_version (name, digest, version, counter, card, size_bytes,
                                            package_name, package_version, registered_at, registered_by, facts)
                                        values (:name, :digest, :version, :counter, :card, :size,
                                            :packageName, :packageVersion, :at, :by, :facts)
                                        """)
                                .bind("name", v.name())
                                .bind("digest", v.digest())
                                .bind("version", v.version())
                                .bind("counter", v.counter())
                                .bind("card", v.card().toString())
                                .bind("size", v.sizeBytes())
                                .bind("packageName", v.packageId().name())
                                .bind("packageVersion", v.packageId().version())
                                .bind("at", v.registeredAt())
                                .bind("by", v.registeredBy())
                                .bind("facts", facts.toString())
                                .execute());
    }

    @Override
    public JsonNode facts(ModelVersion version) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select facts from model_version where name = ? and digest = ?",
                                        version.name(),
                                        version.digest())
                                .mapTo(String.class)
                                .findOne()
                                .map(Json::tree)
                                .orElseThrow(
                                        () -> DatabaseRegisteredModels.unknown(version.name())));
    }

    @Override
    public Job install(GatewayId gateway, String name, String digest, String origin) {
        PackageId id = released(get(name, digest)).packageId();
        return deployments.create(
                gateway,
                new Order.InstallPackage(id, Order.Restart.NEVER),
                Optional.empty(),
                origin);
    }

    /**
     * A version whose release gateways believe: one of before a revoked key is released again, with
     * a counter and a package of its own.
     */
    @Override
    public synchronized ModelVersion released(ModelVersion version) {
        try {
            VersionContent content = new VersionContent(packages);
            ModelVersion now = get(version.name(), version.digest());
            if (content.release(now).filter(packager::vouchesFor).isPresent()) {
                return now;
            }
            Path unpacked = folder.resolve(UUID.randomUUID().toString());
            try {
                content.unpack(now, unpacked);
                PackageId id =
                        wrap(
                                ModelVersionFolder.read(unpacked),
                                nextCounter(now.name(), now.registeredBy()));
                jdbi.useHandle(
                        handle ->
                                handle.execute(
                                        "update model_version set package_name = ?, package_version = ? where name = ? and digest = ?",
                                        id.name(),
                                        id.version(),
                                        now.name(),
                                        now.digest()));
                return get(now.name(), now.digest());
            } finally {
                delete(unpacked);
            }
        } catch (IOException | ModelException | DeploymentPackageException e) {
            throw new AggregatorException(
                    Code.STORAGE_FAILED,
                    version.name()
                            + " "
                            + version.version()
                            + " cannot be released again: "
                            + e.getMessage(),
                    e);
        }
    }

    @Override
    public Job activate(
            GatewayId gateway, String name, String alias, String digest, String origin) {
        String full = get(name, digest).digest();
        return deployments.create(
                gateway, new Order.ActivateModel(name, alias, full), Optional.empty(), origin);
    }

    @Override
    public Job rollBack(GatewayId gateway, String name, String alias, String origin) {
        return deployments.create(
                gateway, new Order.RollBackModel(name, alias), Optional.empty(), origin);
    }

    private static void unpack(InputStream in, Path target) throws IOException, ModelException {
        Files.createDirectories(target);
        long left = MAXIMUM_BYTES;
        int entries = 0;
        try (ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.isDirectory()) {
                    continue;
                }
                if (++entries > MAXIMUM_ENTRIES) {
                    throw new AggregatorException(
                            Code.MODEL_INVALID,
                            "the zip file has more than " + MAXIMUM_ENTRIES + " entries");
                }
                Path file =
                        target.resolve(ModelVersionFolder.requirePath(entry.getName())).normalize();
                if (!file.startsWith(target)) {
                    throw new AggregatorException(
                            Code.MODEL_INVALID,
                            "the zip entry \"" + entry.getName() + "\" leaves its folder");
                }
                Files.createDirectories(file.getParent());
                left -= copy(zip, file, left);
            }
        }
        if (entries == 0) {
            throw new AggregatorException(
                    Code.MODEL_INVALID, "this is no zip file, or an empty one");
        }
    }

    private static long copy(InputStream in, Path file, long limit) throws IOException {
        long size = 0;
        try (var out = Files.newOutputStream(file)) {
            byte[] buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                size += n;
                if (size > limit) {
                    throw new AggregatorException(
                            Code.MODEL_INVALID,
                            "the unpacked model is larger than " + MAXIMUM_BYTES + " bytes");
                }
                out.write(buffer, 0, n);
            }
        }
        return size;
    }

    /** The folder itself, or the single folder in it. */
    private static Path root(Path unpacked) throws IOException {
        try (Stream<Path> entries = Files.list(unpacked)) {
            List<Path> top = entries.toList();
            return top.size() == 1 && Files.isDirectory(top.get(0)) ? top.get(0) : unpacked;
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static ModelVersion version(ResultSet row) throws SQLException {
        return new ModelVersion(
                row.getString("name"),
                row.getString("version"),
                row.getString("digest"),
                row.getInt("counter"),
                Json.tree(row.getString("card")),
                row.getLong("size_bytes"),
                new PackageId(row.getString("package_name"), row.getString("package_version")),
                Rows.instant(row, "registered_at"),
                row.getString("registered_by"));
    }
}
