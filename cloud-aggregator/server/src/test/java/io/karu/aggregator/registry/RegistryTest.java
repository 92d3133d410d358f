package io.karu.aggregator.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.PostgresServer;
import io.karu.aggregator.deployment.FilePackageRepository;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.security.ModelSigning;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.store.Json;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.ModelVersionFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Names, descriptions, tags and aliases, on each database. */
class RegistryTest {
    private static final String SITE = "plant 1";
    private static PostgresServer postgres;

    @TempDir Path folder;
    private Database database;
    private EventBus events;
    private ModelRegistry versions;
    private RegisteredModels models;
    private ModelAliases aliases;

    /** The databases. */
    enum Kind {
        H2,
        POSTGRESQL
    }

    @BeforeAll
    static void start() throws Exception {
        if (PostgresServer.installed().isPresent()) {
            postgres = PostgresServer.start();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (postgres != null) {
            postgres.close();
        }
    }

    private void open(Kind kind) throws Exception {
        if (kind == Kind.POSTGRESQL) {
            Assumptions.assumeTrue(
                    postgres != null,
                    "PostgreSQL 15 or newer is not installed: apt-get install postgresql");
            database = Database.open(new DatabaseAddress(postgres.url(), "karu", ""));
        } else {
            database = Database.open(new DatabaseAddress(Database.h2Url(folder), "", ""));
        }
        events = new EventBus();
        versions =
                new DatabaseModelRegistry(
                        folder.resolve("unpacking"),
                        database,
                        new FilePackageRepository(folder.resolve("packages"), database, id -> null),
                        null,
                        new ModelPackager(
                                ModelSigning.open(folder.resolve("keys")), Optional.empty()),
                        version -> Json.tree("{}"),
                        events);
        models = new DatabaseRegisteredModels(database, events);
        aliases = new DatabaseModelAliases(database, versions, events);
    }

    @AfterEach
    void close() {
        if (database != null) {
            events.close();
            database.close();
        }
    }

    private ModelVersion register(String name, String label) throws Exception {
        String card =
                """
                {"contract":1,"name":"%s","version":"%s","task":"CLASSIFICATION","labels":["good","bad"],
                 "inputs":[{"name":"image","type":"UINT8","shape":[1,1,2,2]}],"outputs":[{"name":"probability","type":"FLOAT","shape":[1,2]}],
                 "parameters":{},"golden":[{"case":1,"tolerance":1e-4,"shapes":{"image":[1,1,2,2],"probability":[1,2]}}]}"""
                        .formatted(name, label);
        Map<String, byte[]> golden = new TreeMap<>();
        golden.put("golden/case-1.in.image.bin", new byte[4]);
        golden.put("golden/case-1.out.probability.bin", new byte[8]);
        Path root = folder.resolve(name + "-" + label);
        ModelVersionFolder.create(root, new byte[] {1, 2, 3}, CardFile.parse(card), golden);
        return versions.register(root, "author");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anAliasMeansWhatItMeansAtTheSiteAndElsewhereWhatItMeansEverywhere(Kind kind)
            throws Exception {
        open(kind);
        ModelVersion first = register("sited", "1");
        ModelVersion second = register("sited", "2");
        assertTrue(aliases.meaning("sited", ModelAlias.CHAMPION, SITE).isEmpty());

        aliases.move("sited", "champion", ModelAlias.EVERYWHERE, first.digest(), "rollout 1");
        aliases.move("sited", "champion", SITE, second.digest(), "rollout 2");

        assertEquals(Optional.of(first), aliases.meaning("sited", "champion", "plant 2"));
        assertEquals(Optional.of(second), aliases.meaning("sited", "champion", SITE));
        aliases.remove("sited", "champion", SITE, "admin");
        assertEquals(Optional.of(first), aliases.meaning("sited", "champion", SITE));
        assertEquals(
                List.of("admin", "rollout 2", "rollout 1"),
                aliases.history("sited").stream().map(ModelAlias.Move::by).toList());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void movingAnAliasToWhatItMeansChangesNothing(Kind kind) throws Exception {
        open(kind);
        ModelVersion first = register("moved", "1");
        ModelVersion second = register("moved", "2");
        aliases.move("moved", "champion", "", first.digest(), "a");
        aliases.move("moved", "champion", "", second.digest().substring(7, 19), "b");
        ModelAlias again = aliases.move("moved", "champion", "", second.digest(), "c");
        assertEquals(2, again.generation());
        assertEquals("b", again.movedBy());
        assertEquals(2, aliases.history("moved").size());
        refused(
                Code.MODEL_NOT_FOUND,
                () -> aliases.move("moved", "champion", "", "sha256:" + "0".repeat(64), "d"));
        for (String wrong : List.of("", "v2", "latest", "a b", "x".repeat(65))) {
            refused(
                    Code.INVALID_ARGUMENT,
                    () -> aliases.move("moved", wrong, "", second.digest(), "d"));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aRemovedVersionsCounterIsNeverGivenAgain(Kind kind) throws Exception {
        open(kind);
        register("counted", "1");
        ModelVersion second = register("counted", "2");
        aliases.move("counted", "challenger", "", second.digest(), "a");
        refused(Code.MODEL_IN_USE, () -> versions.remove("counted", second.digest()));
        aliases.remove("counted", "challenger", "", "a");
        models.tag(second, "stage", "trial");
        versions.remove("counted", second.digest());
        assertEquals(3, register("counted", "3").counter());
        assertEquals(
                List.of("3", "1"),
                versions.versions("counted").stream().map(ModelVersion::version).toList());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void descriptionsAndTagsAreWrittenBesideWhatNeverChanges(Kind kind) throws Exception {
        open(kind);
        models.create("written", "what it is for", Map.of("line", "1"), "admin");
        refused(Code.MODEL_EXISTS, () -> models.create("written", "", Map.of(), "admin"));
        refused(Code.INVALID_ARGUMENT, () -> models.create("No Name", "", Map.of(), "admin"));
        models.rename("written", "rewritten");
        models.tag("rewritten", "owner", "quality");
        models.tag("rewritten", "owner", "quality 2");
        models.untag("rewritten", "line");
        ModelVersion version = register("rewritten", "1");
        models.describe(version, "trained on the second line");
        models.tag(version, "reviewed.by", "somebody");

        RegisteredModel model = models.get("rewritten");
        assertEquals("what it is for", model.description());
        assertEquals(Map.of("owner", "quality 2"), model.tags());
        assertEquals(1, model.versions());
        assertEquals(Map.of("reviewed.by", "somebody"), models.notes(version).tags());
        assertEquals("trained on the second line", models.notes(version).description());
        assertEquals(version, versions.get("rewritten", version.digest()));
        refused(Code.MODEL_IN_USE, () -> models.rename("rewritten", "again"));
        refused(Code.MODEL_IN_USE, () -> models.remove("rewritten"));
        refused(Code.MODEL_NOT_FOUND, () -> models.get("written"));
    }

    private static void refused(Code code, org.junit.jupiter.api.function.Executable call) {
        assertEquals(code, assertThrows(AggregatorException.class, call).code());
    }
}
