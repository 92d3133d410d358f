package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.configuration.ComponentConfiguration;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.PropertyValue;
import io.karu.aggregator.configuration.PropertyValue.Type;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.store.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Components of a gateway through CONF-V2. */
class ConfigurationTest {
    private static final String PID = "line-1";

    @TempDir static Path folder;
    private static Workbench bench;
    private static Aggregator aggregator;
    private static FakeGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        bench = new Workbench(folder);
        aggregator = bench.open(bench.newName());
        gateway = bench.gateway("gw-1").applications("INVENTORY-V1,CONF-V2");
        gateway.define(
                PID,
                """
                {"id":"io.karu.station.Station","ad":[
                 {"id":"threshold","type":"DOUBLE","cardinality":0,"min":"-1.0","max":"1.0"},
                 {"id":"queue.policy","type":"STRING","cardinality":0,"option":[{"label":"w","value":"wait"},{"label":"s","value":"skip"}]},
                 {"id":"queue.size","type":"INTEGER","cardinality":0,"min":"1"},
                 {"id":"token","type":"PASSWORD","cardinality":0}]}""");
        gateway.components()
                .put(
                        PID,
                        new ConcurrentHashMap<>(
                                Map.of(
                                        "threshold",
                                                Json.tree("{\"type\":\"DOUBLE\",\"value\":0.5}"),
                                        "token",
                                                Json.tree(
                                                        "{\"type\":\"PASSWORD\",\"value\":\"kept\"}"))));
        bench.connect(gateway);
        await(
                "it is online",
                () -> aggregator.fleet().find(gateway.id()).filter(Gateway::online).isPresent());
    }

    @AfterAll
    static void stop() {
        gateway.close();
        aggregator.close();
        bench.close();
    }

    private static ComponentUpdate update(String name, Type type, String json) {
        return new ComponentUpdate(
                PID, Optional.empty(), Map.of(name, new PropertyValue(type, Json.tree(json))));
    }

    private static ComponentConfiguration write(ComponentUpdate update) {
        return aggregator.configurations().write(gateway.id(), update);
    }

    @Test
    void passwordsAreNeitherReadNorOverwritten() {
        ComponentConfiguration read = aggregator.configurations().get(gateway.id(), PID);
        assertNull(read.properties().get("token").value());
        ComponentUpdate back = new ComponentUpdate(PID, Optional.empty(), read.properties());
        write(back);
        write(update("token", Type.PASSWORD, "\"placeholder\""));
        assertEquals("kept", stored("token").asText());
        write(update("token", Type.PASSWORD, "\"new\""));
        assertEquals("new", stored("token").asText());
        write(update("token", Type.PASSWORD, "\"kept\""));
    }

    private static JsonNode stored(String name) {
        return gateway.components().get(PID).get(name).path("value");
    }

    @Test
    void valuesAreCheckedAgainstTheDefinitionBecauseKuraDoesNot() {
        assertEquals(
                0.7,
                write(update("threshold", Type.DOUBLE, "0.7"))
                        .properties()
                        .get("threshold")
                        .value()
                        .asDouble());
        for (ComponentUpdate wrong :
                List.of(
                        update("threshold", Type.DOUBLE, "1.5"),
                        update("threshold", Type.STRING, "\"0.5\""),
                        update("queue.policy", Type.STRING, "\"drop\""),
                        update("queue.size", Type.INTEGER, "0"),
                        update("queue.size", Type.INTEGER, "1.5"),
                        update("queue.size", Type.INTEGER, "[1,2]"))) {
            AggregatorException refused =
                    assertThrows(AggregatorException.class, () -> write(wrong));
            assertEquals(Code.CONFIGURATION_INVALID, refused.code());
            String name = wrong.properties().keySet().iterator().next();
            assertTrue(
                    ((Map<?, ?>) refused.details().get("fields")).containsKey(name),
                    refused::getMessage);
        }
        assertEquals(0.7, stored("threshold").asDouble());
    }

    @Test
    void unknownComponentsAreToldOrCreatedByTheirFactory() {
        AggregatorException unknown =
                assertThrows(
                        AggregatorException.class,
                        () -> aggregator.configurations().get(gateway.id(), "nobody"));
        assertEquals(Code.COMPONENT_NOT_FOUND, unknown.code());
        ComponentUpdate creation =
                new ComponentUpdate(
                        "line-2",
                        Optional.of("io.karu.station.Station"),
                        Map.of("threshold", new PropertyValue(Type.DOUBLE, Json.tree("0.4"))));
        assertEquals("line-2", write(creation).pid());
    }

    @Test
    void aWriteByHandChangesWhatIsDesiredSoThatItIsNotUndone() throws Exception {
        ComponentUpdate wanted =
                new ComponentUpdate(
                        "line-3",
                        Optional.of("io.karu.station.Station"),
                        Map.of("threshold", new PropertyValue(Type.DOUBLE, Json.tree("0.4"))));
        long job =
                aggregator
                        .deployments()
                        .create(
                                gateway.id(),
                                new Order.WriteConfiguration(List.of(wanted)),
                                Optional.empty(),
                                "test")
                        .id();
        assertEquals(JobState.SUCCEEDED, Workbench.awaitEnd(aggregator, job).state());
        await(
                "it is desired",
                () -> !aggregator.deployments().desired(gateway.id()).configurations().isEmpty());
        write(
                new ComponentUpdate(
                        "line-3",
                        Optional.empty(),
                        Map.of("threshold", new PropertyValue(Type.DOUBLE, Json.tree("0.6")))));
        ComponentUpdate desired =
                aggregator.deployments().desired(gateway.id()).configurations().get(0);
        assertEquals(0.6, desired.properties().get("threshold").value().asDouble());
        assertEquals(Optional.of("io.karu.station.Station"), desired.factoryPid());
    }
}
