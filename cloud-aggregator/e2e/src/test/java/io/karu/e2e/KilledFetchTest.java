package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.swap.Variants;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.ports.LoopbackPort;
import io.karu.testbed.Cable;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A large model comes over a slow line to a gateway that loses its power meanwhile. */
class KilledFetchTest {
    private static final int MODEL = 20_000_000;
    private static final long RATE = 2_000_000;
    private static final long CHUNK = 1 << 20;

    /** Headers, the list of chunks, and what else a gateway asks over HTTP. */
    private static final long REST = 128 << 10;

    @TempDir Path home;

    @Test
    void aModelGoesOnAfterAPowerCutWhereItStoppedAndIsInstalled() throws Exception {
        int http = LoopbackPort.free().number();
        try (Testbed testbed = Testbed.open(Line.ROOT, home);
                Cable cable = Cable.lay(0, http)) {
            testbed.startAggregator(
                    "--http-port",
                    Integer.toString(http),
                    "--set",
                    "http.advertised=http://127.0.0.1:" + cable.port());
            DevelopmentGateway gateway = testbed.gateway("gw-1");
            gateway.start();
            gateway.awaitOnline(Line.LONG, "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
            for (String name : Testbed.packages().subList(0, 2)) {
                Line.succeed(testbed, gateway.deploy(name, false));
            }
            JsonNode model = testbed.uploadModel(largeModel());
            awaitUplink(testbed);

            long before = cable.delivered();
            cable.limit(RATE);
            long job = gateway.installModel(model);
            Testbed.await(
                    "a third has arrived",
                    Line.LONG,
                    () ->
                            Optional.of(cable.delivered())
                                    .filter(bytes -> bytes - before > MODEL / 3));
            gateway.process().kill();
            assertTrue(cable.delivered() - before < MODEL, "all of it had arrived already");
            gateway.start();
            Line.succeed(testbed, job);
            long came = cable.delivered() - before;
            assertTrue(came > MODEL, came + " bytes came over the line");
            assertTrue(
                    came < MODEL + MODEL / 100 + CHUNK + REST,
                    came + " bytes came for a model of " + MODEL);
            assertTrue(gateway.hasPackage("karu-model-" + Testbed.MODEL));
            JsonNode ended = testbed.rest().get("/api/v1/deployments/" + job);
            assertEquals(-1, ended.toString().indexOf("Kura downloads instead"), ended::toString);
        }
    }

    /** The golden template with numbers beside it that no compression makes smaller. */
    private Path largeModel() throws IOException {
        Path folder =
                Variants.modelOf(
                        Line.ROOT.resolve(
                                "cloud-aggregator/golden-template/target/models/golden-template-1"),
                        "large",
                        home.resolve("variants"),
                        Map.of());
        Path file = folder.resolve("model.onnx");
        Graph graph = Graph.read(file);
        byte[] ballast = new byte[MODEL];
        new SplittableRandom(7).nextBytes(ballast);
        graph.set(Constant.of("ballast", DataType.UINT8, ballast, MODEL));
        graph.write(file);
        return folder;
    }

    /** The aggregator gives a gateway its address and a token as soon as the uplink is there. */
    private static void awaitUplink(Testbed testbed) throws IOException, InterruptedException {
        Testbed.await(
                "the uplink is configured",
                Line.LONG,
                () -> {
                    for (JsonNode job :
                            testbed.rest()
                                    .get("/api/v1/deployments?gateway=gw-1")
                                    .path("deployments")) {
                        if (job.path("subject").asText().contains("Uplink")
                                && job.path("state").asText().equals("SUCCEEDED")) {
                            return Optional.of(job);
                        }
                    }
                    return Optional.empty();
                });
    }
}
