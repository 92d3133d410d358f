package io.karu.aggregator.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractTest {
    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "patch", "delete", "head");

    @Test
    void everyRouteIsInTheContractAndTheReverse(@TempDir Path folder) throws Exception {
        Set<String> promised = new TreeSet<>();
        JsonNode paths = contract().path("paths");
        paths.fieldNames()
                .forEachRemaining(
                        path ->
                                paths.path(path)
                                        .fieldNames()
                                        .forEachRemaining(
                                                method -> {
                                                    if (METHODS.contains(method)) {
                                                        promised.add(
                                                                method.toUpperCase() + " " + path);
                                                    }
                                                }));
        try (Face face = new Face(folder)) {
            assertEquals(promised, routes(face));
        }
    }

    /** A parameter that takes slashes is written as any other. */
    private static Set<String> routes(Face face) {
        return face.server.routes().stream()
                .map(route -> route.replace('<', '{').replace('>', '}'))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyReferenceOfTheContractLeadsSomewhere() throws Exception {
        JsonNode contract = contract();
        Matcher references =
                Pattern.compile("\"\\$ref\":\"#([^\"]+)\"").matcher(contract.toString());
        int found = 0;
        while (references.find()) {
            found++;
            assertTrue(!contract.at(references.group(1)).isMissingNode(), references.group(1));
        }
        assertTrue(found > 50);
    }

    @Test
    void theContractIsServed(@TempDir Path folder) throws Exception {
        try (Face face = new Face(folder)) {
            var answer = face.get("/openapi.yaml");
            assertEquals(200, answer.statusCode());
            assertTrue(answer.body().startsWith("openapi: 3.1.0"));
        }
    }

    private static JsonNode contract() throws Exception {
        return new YAMLMapper().readTree(ContractTest.class.getResource("/openapi.yaml"));
    }
}
