package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.compression.Compression;
import io.karu.aggregator.registry.ModelReport;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.registry.TestVersions;
import io.karu.modelversion.ModelVersionFolder;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway compressed comes into the registry, whatever happens on the way. */
class CompressionsTest {
    private static final String JOB = "20260101-000000-000-3fa9";
    private static final int PART = 250;

    @TempDir Path folder;

    private Workbench bench;
    private Aggregator aggregator;
    private FakeGateway gateway;
    private TestVersions versions;
    private ModelVersionFolder parent;
    private ModelVersionFolder child;
    private final List<Long> offsets = new CopyOnWriteArrayList<>();
    private volatile String state = "RUNNING";

    @BeforeEach
    void start() throws Exception {
        bench = new Workbench(folder.resolve("bench"));
        aggregator = bench.open(bench.newName());
        gateway = bench.gateway("gw-1");
        versions = new TestVersions(Files.createDirectories(folder.resolve("versions")));
        parent = versions.write("solder", "1", 0.9, Optional.empty());
        child = versions.write("solder", "1-int8", 0.89, Optional.of(parent.digest()));
        aggregator.registry().versions().register(parent.root(), "anna");
        gateway.answer("KARU-V1 EXEC/compression/start", body -> Optional.of(job()));
        gateway.answer(
                "KARU-V1 GET/compression/jobs",
                body -> Optional.of("{\"contract\":1,\"jobs\":[" + job() + "]}"));
        bench.connect(gateway);
        await(
                "the gateway answers",
                () ->
                        aggregator
                                .fleet()
                                .find(gateway.id())
                                .filter(known -> known.answers("KARU-V1"))
                                .isPresent());
    }

    @AfterEach
    void stop() throws Exception {
        gateway.close();
        aggregator.close();
        bench.close();
        versions.close();
    }

    private String job() {
        boolean made = state.equals("SUCCEEDED");
        return """
                {"job":"%s","model":"solder","parent":"%s","budget":0.01,"state":"%s","reason":"judges mse","attempts":1%s,
                 "result":{"processor":"avx2","scheme":"uint8 x int8","goldenFrames":48,"chosen":"mse",
                  "parent":{"name":"solder 1","passed":true,"reason":"as it is","bytes":4000,"agreement":1.0,"p50Millis":9.1,"p99Millis":9.9,"speedup":1.0},
                  "variants":[{"name":"mse","passed":true,"reason":"same","bytes":1100,"agreement":1.0,"p50Millis":3.2,"p99Millis":3.8,"speedup":2.8}]}}"""
                .formatted(
                        JOB,
                        parent.digest(),
                        state,
                        made ? ",\"digest\":\"" + child.digest() + "\"" : "");
    }

    /** Every third part gets lost on its way. */
    private void giveAway(byte[] file) {
        gateway.answer(
                "KARU-V1 GET/compression/version",
                body -> {
                    long offset = body.path("offset").asLong();
                    offsets.add(offset);
                    if (offsets.size() % 3 == 0) {
                        return Optional.empty();
                    }
                    int end = (int) Math.min(file.length, offset + PART);
                    return Optional.of(
                            "{\"contract\":1,\"digest\":\"%s\",\"size\":%d,\"offset\":%d,\"data\":\"%s\"}"
                                    .formatted(
                                            child.digest(),
                                            file.length,
                                            offset,
                                            Base64.getEncoder()
                                                    .encodeToString(
                                                            Arrays.copyOfRange(
                                                                    file, (int) offset, end))));
                });
    }

    private Compression now() {
        return aggregator.compressions().get(gateway.id(), JOB);
    }

    @Test
    void partsThatGetLostAreAskedForAgainAndWhatWasMadeIsAVersionWithItsReport() throws Exception {
        Compression asked =
                aggregator
                        .compressions()
                        .begin(gateway.id(), "solder", OptionalDouble.of(0.01), "anna");
        assertEquals("RUNNING", asked.state());
        byte[] file = zip(child);
        assertTrue(file.length > 3 * PART, "several parts: " + file.length);
        giveAway(file);
        state = "SUCCEEDED";
        await("it is registered", Workbench.PATIENCE, () -> now().registered().isPresent());

        long[] distinct = offsets.stream().mapToLong(Long::longValue).distinct().toArray();
        long[] sorted = offsets.stream().mapToLong(Long::longValue).sorted().distinct().toArray();
        assertTrue(Arrays.equals(sorted, distinct), "it never began anew: " + offsets);
        ModelVersion version =
                aggregator.registry().versions().get("solder", child.digest().toString());
        assertEquals("compressed on gw-1", version.registeredBy());
        for (String digest : List.of(parent.digest().toString(), child.digest().toString())) {
            ModelVersion of = aggregator.registry().versions().get("solder", digest);
            await(
                    "the report of " + digest,
                    () ->
                            aggregator.registry().reports().list(of).stream()
                                    .anyMatch(r -> r.kind() == ModelReport.Kind.COMPRESSION));
        }
    }

    @Test
    void whatIsNoVersionEndsTheCompressionAndSaysWhy() throws Exception {
        aggregator.compressions().begin(gateway.id(), "solder", OptionalDouble.empty(), "anna");
        giveAway("no zip file at all".getBytes());
        state = "SUCCEEDED";
        await("it has failed", Workbench.PATIENCE, () -> now().state().equals("FAILED"));
        assertTrue(now().told().path("reason").asText().contains("no version"), now()::toString);
    }

    private static byte[] zip(ModelVersionFolder version) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes);
                Stream<Path> files = Files.walk(version.root())) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry(version.root().relativize(file).toString()));
                zip.write(Files.readAllBytes(file));
            }
        }
        return bytes.toByteArray();
    }
}
