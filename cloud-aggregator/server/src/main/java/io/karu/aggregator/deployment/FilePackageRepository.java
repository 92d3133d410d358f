package io.karu.aggregator.deployment;

import com.fasterxml.jackson.core.type.TypeReference;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.DeploymentPackageException;
import io.karu.kura.deployment.Finding;
import io.karu.kura.deployment.PackageChecker;
import io.karu.kura.deployment.Platform;
import io.karu.kura.deployment.Target;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.osgi.framework.Version;

/** Packages as files {@code <name>_<version>.dp} with a row each. */
public final class FilePackageRepository implements PackageRepository {
    private static final TypeReference<List<StoredPackage.PackagedBundle>> BUNDLES =
            new TypeReference<>() {};
    private static final int MAXIMUM_BYTES = 512 << 20;

    private final PackageFiles files;
    private final Jdbi jdbi;
    private final Function<GatewayId, Gateway> fleet;

    /**
     * @param fleet what is known of a gateway; throws {@code GATEWAY_NOT_FOUND}
     */
    public FilePackageRepository(Path folder, Database database, Function<GatewayId, Gateway> fleet)
            throws IOException {
        this(folder, Optional.empty(), database, fleet);
    }

    /**
     * @param shared where aggregators on one database keep their packages for each other
     */
    public FilePackageRepository(
            Path folder,
            Optional<ContentStore> shared,
            Database database,
            Function<GatewayId, Gateway> fleet)
            throws IOException {
        this.files = new PackageFiles(folder, shared);
        this.jdbi = database.jdbi();
        this.fleet = fleet;
    }

    @Override
    public List<StoredPackage> list() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "select * from deployment_package order by uploaded_at desc, name, version")
                                .map((row, context) -> stored(row))
                                .list());
    }

    @Override
    public Optional<StoredPackage> find(PackageId id) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select * from deployment_package where name = ? and version = ?",
                                        id.name(),
                                        id.version())
                                .map((row, context) -> stored(row))
                                .findOne());
    }

    private StoredPackage get(PackageId id) {
        return find(id).orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.PACKAGE_NOT_FOUND,
                                        "no package " + id + " is in the repository; upload it"));
    }

    @Override
    public synchronized StoredPackage add(InputStream dp, String uploadedBy) throws IOException {
        byte[] bytes = dp.readNBytes(MAXIMUM_BYTES + 1);
        if (bytes.length > MAXIMUM_BYTES) {
            throw new AggregatorException(
                    Code.PACKAGE_INVALID, "the package is larger than " + MAXIMUM_BYTES + " bytes");
        }
        DeploymentPackage content = read(bytes);
        String sha256 = HexFormat.of().formatHex(Secrets.sha256().digest(bytes));
        PackageId id = new PackageId(content.symbolicName(), content.version().toString());
        Optional<StoredPackage> known = find(id);
        if (known.isPresent()) {
            if (known.get().sha256().equals(sha256)) {
                return known.get();
            }
            throw new AggregatorException(
                    Code.PACKAGE_EXISTS_WITH_OTHER_CONTENT,
                    "the repository has "
                            + id
                            + " with other content; give the new one another version");
        }
        files.keep(id, bytes, sha256);
        StoredPackage added =
                new StoredPackage(
                        id,
                        bytes.length,
                        sha256,
                        content.bundles().stream().map(FilePackageRepository::packaged).toList(),
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        uploadedBy);
        insert(added);
        return added;
    }

    private static DeploymentPackage read(byte[] bytes) {
        try {
            List<Finding> errors =
                    PackageChecker.check(bytes, Target.builder().build()).stream()
                            .filter(Finding::isError)
                            .toList();
            if (!errors.isEmpty()) {
                throw invalid(errors);
            }
            return DeploymentPackage.read(bytes);
        } catch (DeploymentPackageException e) {
            throw invalid(e.findings());
        }
    }

    private static AggregatorException invalid(List<Finding> findings) {
        return new AggregatorException(
                Code.PACKAGE_INVALID,
                "this is no package that a gateway could install: "
                        + String.join("; ", findings.stream().map(Finding::toString).toList()),
                Map.of("findings", findings),
                null);
    }

    private static StoredPackage.PackagedBundle packaged(Bundle bundle) {
        return new StoredPackage.PackagedBundle(
                bundle.symbolicName(),
                bundle.version().toString(),
                bundle.header("Fragment-Host").map(host -> host.split(";")[0].trim()),
                bundle.header("Karu-Model"));
    }

    private void insert(StoredPackage added) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        insert into deployment_package (name, version, sha256, size_bytes, bundles, uploaded_at, uploaded_by)
                                        values (:name, :version, :sha256, :size, :bundles, :at, :by)
                                        """)
                                .bind("name", added.id().name())
                                .bind("version", added.id().version())
                                .bind("sha256", added.sha256())
                                .bind("size", added.sizeBytes())
                                .bind("bundles", Json.write(added.bundles()))
                                .bind("at", added.uploadedAt())
                                .bind("by", added.uploadedBy())
                                .execute());
    }

    @Override
    public Path file(PackageId id) {
        StoredPackage stored = get(id);
        try {
            return files.file(stored);
        } catch (IOException e) {
            throw new AggregatorException(
                    Code.STORAGE_FAILED,
                    "the file of " + id + " cannot be had: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public List<Finding> findings(PackageId id, GatewayId gatewayId) {
        get(id);
        Gateway gateway = fleet.apply(gatewayId);
        Target.Builder target = Target.builder();
        gateway.birth()
                .ifPresent(
                        birth -> {
                            target.osArch(birth.architecture());
                            target.jvmVersion(birth.javaVersion());
                            target.platform(Platform.of(birth.kuraVersion()));
                        });
        try {
            for (Inventory.InstalledPackage installed :
                    gateway.inventory().map(Inventory::packages).orElse(List.of())) {
                addInstalled(target, installed);
            }
            return PackageChecker.check(Files.readAllBytes(file(id)), target.build());
        } catch (IOException | DeploymentPackageException e) {
            throw new AggregatorException(
                    Code.STORAGE_FAILED,
                    "the repository's files cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private void addInstalled(Target.Builder target, Inventory.InstalledPackage installed)
            throws IOException, DeploymentPackageException {
        List<Target.InstalledBundle> bundles = new ArrayList<>();
        for (Inventory.InstalledBundle bundle : installed.bundles()) {
            bundles.add(
                    new Target.InstalledBundle(
                            bundle.name(), Version.parseVersion(bundle.version())));
        }
        target.installed(
                new Target.Installed(
                        installed.name(), Version.parseVersion(installed.version()), bundles));
        PackageId id = new PackageId(installed.name(), installed.version());
        if (find(id).isPresent()) {
            for (Bundle bundle : DeploymentPackage.read(Files.readAllBytes(file(id))).bundles()) {
                target.known(bundle);
            }
        }
    }

    @Override
    public void remove(PackageId id) {
        StoredPackage stored = get(id);
        jdbi.useHandle(
                handle -> {
                    long wrapped =
                            handle.select(
                                            "select count(*) from model_version where package_name = ? and package_version = ?",
                                            id.name(),
                                            id.version())
                                    .mapTo(Long.class)
                                    .one();
                    long desired =
                            handle
                                    .createQuery("select state from desired_state")
                                    .mapTo(String.class)
                                    .stream()
                                    .filter(
                                            state ->
                                                    Json.read(state, DesiredState.class)
                                                            .packages()
                                                            .contains(id))
                                    .count();
                    if (wrapped + desired > 0) {
                        throw new AggregatorException(
                                Code.PACKAGE_IN_USE,
                                id + " is desired by a gateway or carries a model of the registry");
                    }
                    handle.execute(
                            "delete from deployment_package where name = ? and version = ?",
                            id.name(),
                            id.version());
                });
        try {
            files.delete(stored);
        } catch (IOException e) {
            throw new AggregatorException(
                    Code.STORAGE_FAILED,
                    "the file of " + id + " could not be deleted: " + e.getMessage(),
                    e);
        }
    }

    private static StoredPackage stored(ResultSet row) throws SQLException {
        return new StoredPackage(
                new PackageId(row.getString("name"), row.getString("version")),
                row.getLong("size_bytes"),
                row.getString("sha256"),
                Json.read(row.getString("bundles"), BUNDLES),
                Rows.instant(row, "uploaded_at"),
                row.getString("uploaded_by"));
    }
}
