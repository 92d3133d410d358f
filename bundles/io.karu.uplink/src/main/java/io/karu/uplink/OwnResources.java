package io.karu.uplink;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.api.evidence.EvidenceSource;
import io.karu.api.model.Digest;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.Ledger;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The resources of KARU-V1 that the uplink answers itself. */
public final class OwnResources {
    private static final int LEDGER_ENTRIES = 100;
    private static final int MOST_REQUESTED = 100;

    /** Answers a request's body. */
    private interface Answer {
        JsonObject to(String body) throws UplinkException;
    }

    private record Resource(Method method, String path, Answer answer) implements UplinkResource {
        @Override
        public String handle(String body) throws UplinkException {
            return answer.to(body).toString();
        }
    }

    private OwnResources() {}

    private static JsonObject contract() {
        JsonObject json = new JsonObject();
        json.addProperty("contract", Requests.CONTRACT);
        return json;
    }

    /**
     * {@code GET/health}: ok when all checks are. A check that throws is a result that is not ok.
     */
    public static UplinkResource health(Supplier<List<HealthCheck>> checks) {
        return new Resource(
                UplinkResource.Method.GET,
                "health",
                body -> {
                    List<HealthCheck.Result> results = new ArrayList<>();
                    for (HealthCheck check : checks.get()) {
                        try {
                            results.addAll(check.check());
                        } catch (RuntimeException | LinkageError e) {
                            results.add(
                                    new HealthCheck.Result(
                                            check.getClass().getName(),
                                            false,
                                            "the check itself failed: " + e));
                        }
                    }
                    JsonArray list = new JsonArray();
                    for (HealthCheck.Result result : results) {
                        JsonObject entry = new JsonObject();
                        entry.addProperty("name", result.name());
                        entry.addProperty("ok", result.ok());
                        entry.addProperty("reason", result.reason());
                        list.add(entry);
                    }
                    JsonObject reply = contract();
                    reply.addProperty("ok", results.stream().allMatch(HealthCheck.Result::ok));
                    reply.add("checks", list);
                    return reply;
                });
    }

    /** {@code GET/capabilities}. */
    public static UplinkResource capabilities(Supplier<Capabilities> capabilities) {
        return new Resource(
                UplinkResource.Method.GET,
                "capabilities",
                body -> capabilities.get().addTo(contract()));
    }

    /** {@code GET/evidence}: what model versions have done until now. */
    public static UplinkResource evidence(List<EvidenceSource> sources) {
        return new Resource(
                UplinkResource.Method.GET,
                "evidence",
                body -> {
                    JsonObject reply = contract();
                    reply.add("evidence", EvidenceJson.of(EvidencePublishing.collect(sources)));
                    return reply;
                });
    }

    /** {@code GET/ledger}: the newest 100 departures. */
    public static UplinkResource ledger(Ledger ledger) {
        return new Resource(
                UplinkResource.Method.GET,
                "ledger",
                body -> {
                    JsonArray list = new JsonArray();
                    ledger.newest(LEDGER_ENTRIES)
                            .forEach(departure -> list.add(DurableLedger.json(departure)));
                    JsonObject reply = contract();
                    reply.add("departures", list);
                    return reply;
                });
    }

    /** {@code EXEC/transfers/fetch}: begins, and tells where a fetch stands. */
    public static UplinkResource fetch(PackageFetch packages) {
        return new Resource(
                UplinkResource.Method.EXEC,
                "transfers/fetch",
                body -> {
                    try {
                        JsonObject reply =
                                PackageFetch.json(packages.order(PackageFetch.parse(body)));
                        reply.addProperty("contract", Requests.CONTRACT);
                        return reply;
                    } catch (IOException e) {
                        throw new UplinkException(
                                500, "STORAGE", "the order cannot be kept: " + e.getMessage());
                    }
                });
    }

    /** {@code GET/transfers}. */
    public static UplinkResource transfers(PackageFetch packages) {
        return new Resource(
                UplinkResource.Method.GET,
                "transfers",
                body -> {
                    JsonObject reply = contract();
                    reply.add("transfers", PackageFetch.json(packages.status()));
                    return reply;
                });
    }

    /** {@code POST/images/request}: at most 100 digests. */
    public static UplinkResource imageRequest(ImageTransfer images) {
        return new Resource(
                UplinkResource.Method.POST,
                "images/request",
                body -> {
                    try {
                        JsonObject reply = contract();
                        reply.addProperty("accepted", images.request(digests(body)));
                        return reply;
                    } catch (IOException e) {
                        throw new UplinkException(
                                500, "SPOOL", "the images cannot be queued: " + e.getMessage());
                    }
                });
    }

    private static List<Digest> digests(String body) throws UplinkException {
        try {
            List<Digest> digests = new ArrayList<>();
            for (JsonElement element :
                    JsonParser.parseString(body).getAsJsonObject().getAsJsonArray("digests")) {
                digests.add(new Digest(element.getAsString()));
            }
            if (digests.size() > MOST_REQUESTED) {
                throw new UplinkException(
                        400,
                        "TOO_MANY",
                        digests.size()
                                + " digests; ask for at most "
                                + MOST_REQUESTED
                                + " at once");
            }
            return digests;
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | UnsupportedOperationException
                | NullPointerException e) {
            throw new UplinkException(400, "BAD_JSON", "expected {\"digests\":[\"sha256:…\"]}");
        } catch (IllegalArgumentException e) {
            throw new UplinkException(400, "BAD_DIGEST", e.getMessage());
        }
    }
}
