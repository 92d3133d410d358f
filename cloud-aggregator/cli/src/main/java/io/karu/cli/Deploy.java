package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "deploy",
        description = {
            "Install a package on gateways and follow it to its end.",
            "PACKAGE is a .dp file, or NAME or NAME:VERSION of a package that was uploaded."
        })
final class Deploy implements Callable<Integer> {
    @Mixin private Connection connection;
    @Mixin private Output output;

    @Parameters(index = "0", paramLabel = "PACKAGE")
    private String what;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "GATEWAY")
    private List<String> gateways;

    @Option(names = "--restart", description = "Restart the gateway afterwards (native packages).")
    private boolean restart;

    @Option(
            names = "--not-before",
            paramLabel = "TIME",
            description = "Start of a maintenance window, as 2026-01-31T22:00:00Z.")
    private Instant notBefore;

    @Option(names = "--no-wait", description = "Return when the jobs are queued.")
    private boolean noWait;

    @Override
    public Integer call() {
        Api api = connection.open();
        JsonNode offered = offered(api);
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("gateways", gateways);
        order.put("package", text(offered, "name"));
        order.put("version", text(offered, "version"));
        order.put("restart", restart);
        if (notBefore != null) {
            order.put("notBefore", notBefore.toString());
        }
        return new Follow(api, output).created(api.post("/api/v1/deployments", order), noWait);
    }

    private JsonNode offered(Api api) {
        if (Files.isRegularFile(Path.of(what))) {
            return api.upload("/api/v1/packages", Path.of(what), "application/octet-stream");
        }
        String[] parts = what.split(":", 2);
        for (JsonNode known : api.get("/api/v1/packages").path("packages")) {
            if (text(known, "name").equals(parts[0])
                    && (parts.length == 1 || text(known, "version").equals(parts[1]))) {
                return known;
            }
        }
        throw new Refused(
                Refused.FAILED, "PACKAGE_NOT_FOUND: there is no file and no package " + what);
    }
}
