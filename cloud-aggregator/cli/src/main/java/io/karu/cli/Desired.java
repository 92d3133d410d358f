package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "desired",
        description = {
            "What a gateway should have; differences are shown as drift and repaired.",
            "Without options it is shown, else changed and then shown."
        })
final class Desired implements Runnable {
    @Mixin private Connection connection;
    @Mixin private Output output;

    @Parameters(paramLabel = "GATEWAY")
    private String clientId;

    @Option(
            names = "--set",
            paramLabel = "NAME=VERSION",
            description =
                    "A package and its version, or MODEL@ALIAS and a model version; may be given more than once.")
    private List<String> set = List.of();

    @Option(
            names = "--drop",
            paramLabel = "NAME",
            description =
                    "A package, MODEL@ALIAS or component that is no longer cared for; it stays on the gateway.")
    private List<String> drop = List.of();

    @Override
    public void run() {
        Api api = connection.open();
        String path = "/api/v1/gateways/" + Api.encode(clientId) + "/desired";
        ObjectNode desired = (ObjectNode) api.get(path);
        if (!set.isEmpty() || !drop.isEmpty()) {
            drop.forEach(name -> drop(desired, name));
            set.forEach(wanted -> set(api, desired, wanted));
            output.answer(api.put(path, desired), this::print);
        } else {
            output.answer(desired, this::print);
        }
    }

    private static void set(Api api, ObjectNode desired, String wanted) {
        int equals = wanted.indexOf('=');
        if (equals < 1 || equals == wanted.length() - 1) {
            throw new Refused(
                    Refused.USAGE,
                    "--set " + wanted + ": expected PACKAGE=VERSION or MODEL@ALIAS=VERSION");
        }
        String name = wanted.substring(0, equals);
        String version = wanted.substring(equals + 1);
        int at = name.indexOf('@');
        remove(entries(desired), name);
        if (at < 0) {
            desired.withArray("packages").addObject().put("name", name).put("version", version);
        } else {
            String model = name.substring(0, at);
            desired.withArray("models")
                    .addObject()
                    .put("name", model)
                    .put("alias", name.substring(at + 1))
                    .put("digest", Model.digestOf(api, model, version));
        }
    }

    private static void drop(ObjectNode desired, String name) {
        if (!remove(entries(desired), name)) {
            throw new Refused(
                    Refused.FAILED,
                    "--drop "
                            + name
                            + ": the desired state has no such package, MODEL@ALIAS or component");
        }
    }

    private static List<ArrayNode> entries(ObjectNode desired) {
        return List.of(
                desired.withArray("packages"),
                desired.withArray("models"),
                desired.withArray("configurations"));
    }

    private static boolean remove(List<ArrayNode> lists, String name) {
        Predicate<JsonNode> named = entry -> subject(entry).equals(name);
        boolean found = false;
        for (ArrayNode list : lists) {
            for (Iterator<JsonNode> entry = list.iterator(); entry.hasNext(); ) {
                if (named.test(entry.next())) {
                    entry.remove();
                    found = true;
                }
            }
        }
        return found;
    }

    private static String subject(JsonNode entry) {
        return entry.has("pid")
                ? text(entry, "pid")
                : text(entry, "name") + (entry.has("alias") ? "@" + text(entry, "alias") : "");
    }

    private void print(JsonNode desired) {
        List<List<String>> rows = new ArrayList<>();
        desired.path("packages")
                .forEach(p -> rows.add(List.of("package", subject(p), text(p, "version"))));
        desired.path("models")
                .forEach(
                        m ->
                                rows.add(
                                        List.of(
                                                "model",
                                                subject(m),
                                                Output.digest(text(m, "digest")))));
        desired.path("configurations")
                .forEach(
                        c ->
                                rows.add(
                                        List.of(
                                                "component",
                                                subject(c),
                                                c.path("properties").size() + " properties")));
        output.table(List.of("WHAT", "NAME", "WANTED"), rows);
    }
}
