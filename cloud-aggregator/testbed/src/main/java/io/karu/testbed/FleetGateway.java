package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A gateway as the aggregator knows it, and what the aggregator is asked to do with it. */
public class FleetGateway {
    private final String id;
    private final Supplier<RestClient> aggregator;

    FleetGateway(String id, Supplier<RestClient> aggregator) {
        this.id = id;
        this.aggregator = aggregator;
    }

    public String id() {
        return id;
    }

    final RestClient rest() {
        return aggregator.get();
    }

    /** Waits until the aggregator shows the gateway online with these application ids. */
    public JsonNode awaitOnline(Duration deadline, String... applications)
            throws IOException, InterruptedException {
        return Testbed.await(
                id + " online with " + String.join(", ", applications),
                deadline,
                () -> {
                    JsonNode gateway = state();
                    List<String> known = new ArrayList<>();
                    gateway.path("applications").forEach(a -> known.add(a.asText()));
                    boolean online = gateway.path("state").asText().equals("ONLINE");
                    return online && known.containsAll(List.of(applications))
                            ? Optional.of(gateway)
                            : Optional.empty();
                });
    }

    /** The gateway's entry in the fleet. */
    public JsonNode state() throws IOException, InterruptedException {
        return detail().path("gateway");
    }

    public JsonNode detail() throws IOException, InterruptedException {
        return rest().get("/api/v1/gateways/" + id);
    }

    /** Queues the installation of an offered package. */
    public long deploy(JsonNode offered, boolean restart) throws IOException, InterruptedException {
        JsonNode created =
                rest().post(
                                "/api/v1/deployments",
                                Map.of(
                                        "gateways", List.of(id),
                                        "package", offered.path("name").asText(),
                                        "version", offered.path("version").asText(),
                                        "restart", restart));
        return created.path("deployments").path(0).path("id").asLong();
    }

    /** Queues the installation of a registered model version; installing is not activating. */
    public long installModel(JsonNode version) throws IOException, InterruptedException {
        JsonNode created =
                rest().post(
                                "/api/v1/models/"
                                        + version.path("name").asText()
                                        + "/versions/"
                                        + version.path("digest").asText()
                                        + "/install",
                                Map.of("gateways", List.of(id)));
        return created.path("deployments").path(0).path("id").asLong();
    }

    /** Lets an installed version decide. */
    public JsonNode activateModel(JsonNode version) throws IOException, InterruptedException {
        return rest().post(
                        "/api/v1/gateways/"
                                + id
                                + "/models/"
                                + version.path("name").asText()
                                + "/activate",
                        Map.of("digest", version.path("digest").asText()));
    }

    public boolean hasPackage(String name) throws IOException, InterruptedException {
        for (JsonNode installed : detail().path("packages")) {
            if (installed.path("name").asText().equals(name)) {
                return true;
            }
        }
        return false;
    }
}
