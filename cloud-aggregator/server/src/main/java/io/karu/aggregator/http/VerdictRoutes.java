package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.blob.BlobStore.Blob;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.registry.ModelReports;
import io.karu.aggregator.verdict.StoredVerdict;
import io.karu.aggregator.verdict.VerdictQuery;
import io.karu.aggregator.verdict.VerdictStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Verdicts, overrules and images. */
final class VerdictRoutes {
    private static final int PAGE = 50;
    private static final Set<String> DECISIONS = Set.of("ACCEPT", "REJECT", "REVIEW");

    private final VerdictStore verdicts;
    private final BlobStore blobs;
    private final ModelReports reports;
    private final FleetService fleet;
    private final Gateways gateways;

    VerdictRoutes(Services services, Gateways gateways) {
        this.verdicts = services.verdicts();
        this.blobs = services.blobs();
        this.reports = services.registry().reports();
        this.fleet = services.fleet();
        this.gateways = gateways;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/verdicts", this::list, Access.PERSON);
        routes.get("/api/v1/verdicts/{id}", this::get, Access.PERSON);
        routes.post("/api/v1/verdicts/{id}/image", this::requestImage, Access.OPERATOR);
        routes.get("/api/v1/verdicts/{id}/overrules", this::overrules, Access.PERSON);
        routes.get("/api/v1/blobs/{digest}", this::blob, Access.PERSON);
    }

    VerdictView view(StoredVerdict verdict) {
        return VerdictView.of(verdict, blobs);
    }

    private void list(Context ctx) {
        Query.text(ctx, "decision")
                .filter(decision -> !DECISIONS.contains(decision))
                .ifPresent(
                        decision -> {
                            throw new AggregatorException(
                                    Code.INVALID_ARGUMENT,
                                    "decision=" + decision + ": use ACCEPT, REJECT or REVIEW");
                        });
        VerdictQuery query =
                new VerdictQuery(
                        gateways.ofQuery(ctx),
                        Query.text(ctx, "station"),
                        Query.text(ctx, "decision"),
                        Query.time(ctx, "from"),
                        Query.time(ctx, "to"),
                        Query.number(ctx, "before"),
                        Query.limit(ctx, PAGE));
        ctx.json(Map.of("verdicts", verdicts.query(query).stream().map(this::view).toList()));
    }

    private void get(Context ctx) {
        ctx.json(view(find(ctx)));
    }

    private void requestImage(Context ctx) {
        StoredVerdict verdict = find(ctx);
        List<String> wanted =
                Stream.of(verdict.image(), verdict.heatMap())
                        .flatMap(digest -> digest.stream())
                        .filter(digest -> blobs.find(digest).isEmpty())
                        .toList();
        int accepted = wanted.isEmpty() ? 0 : fleet.requestImages(verdict.gateway(), wanted);
        ctx.status(202).json(Map.of("accepted", accepted));
    }

    private void overrules(Context ctx) {
        StoredVerdict verdict = find(ctx);
        ctx.json(
                Map.of(
                        "overrules",
                        verdicts
                                .overrules(verdict.gateway(), verdict.station(), verdict.frame())
                                .stream()
                                .map(VerdictView.OverruleView::of)
                                .toList()));
    }

    /** Content never changes under its digest, so browsers may keep it. */
    private void blob(Context ctx) throws IOException {
        String digest = ctx.pathParam("digest");
        Blob blob =
                blobs.find(digest)
                        .or(() -> reports.picture(digest))
                        .orElseThrow(() -> missing(digest));
        try (InputStream content = blob.content().open()) {
            ctx.res().setCharacterEncoding(null);
            ctx.contentType(blob.contentType());
            ctx.header("Cache-Control", "private, max-age=31536000, immutable");
            ctx.disableCompression();
            ctx.res().setContentLengthLong(blob.sizeBytes());
            content.transferTo(ctx.outputStream());
        } catch (NoSuchFileException e) {
            throw missing(digest);
        }
    }

    private static AggregatorException missing(String digest) {
        return new AggregatorException(
                Code.BLOB_NOT_FOUND, digest + " has not arrived or was retired");
    }

    private StoredVerdict find(Context ctx) {
        long id = Query.id(ctx);
        return verdicts.find(id)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.VERDICT_NOT_FOUND, "there is no verdict " + id));
    }
}
