package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.blob.BlobLimits;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.blob.BlobStore.Put;
import io.karu.aggregator.deployment.PackageChunks;
import io.karu.aggregator.fleet.FleetService;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.GatewayIdentities;
import java.io.IOException;
import java.io.InputStream;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What gateways send (docs/contracts.md, 3). */
final class UplinkRoutes {
    private static final String CHUNKS = "/uplink/v1/packages/{hex}/chunks";
    private static final Set<String> IMAGES =
            Set.of("image/png", "image/jpeg", "image/bmp", "image/tiff", "image/webp");

    private final FleetService fleet;
    private final BlobStore blobs;
    private final GatewayIdentities identities;
    private final PackageChunks packages;
    private final Consumer<String> arrived;

    /** {@code arrived} is told the hexadecimal digest of each new blob. */
    UplinkRoutes(Services services, Consumer<String> arrived) {
        this.fleet = services.fleet();
        this.blobs = services.blobs();
        this.identities = services.identities();
        this.packages = new PackageChunks(services.deployments(), services.packages());
        this.arrived = arrived;
    }

    void install(RoutesConfig routes) {
        routes.put("/uplink/v1/blobs/{hex}", this::put, Access.GATEWAY);
        routes.head("/uplink/v1/blobs/{hex}", this::head, Access.GATEWAY);
        routes.get(CHUNKS, this::chunks, Access.GATEWAY);
        routes.get(CHUNKS + "/{chunk}", this::chunk, Access.GATEWAY);
    }

    private void put(Context ctx) throws IOException {
        GatewayId gateway = authenticate(ctx);
        String hex = ctx.pathParam("hex");
        String contentType = imageType(ctx);
        try (InputStream content = Bodies.file(ctx, BlobLimits.DEFAULT.blobBytes())) {
            Put put = blobs.put(gateway, hex, contentType, content);
            ctx.status(put == Put.NEW ? 201 : 200);
            if (put == Put.NEW) {
                arrived.accept(hex);
            }
        }
    }

    private void chunks(Context ctx) throws IOException {
        ctx.json(packages.list(authenticate(ctx), ctx.pathParam("hex")));
    }

    private void chunk(Context ctx) throws IOException {
        byte[] content =
                packages.chunk(authenticate(ctx), ctx.pathParam("hex"), ctx.pathParam("chunk"));
        ctx.contentType("application/octet-stream");
        ctx.disableCompression();
        ctx.result(content);
    }

    private void head(Context ctx) throws IOException {
        authenticate(ctx);
        ctx.status(blobs.holds(ctx.pathParam("hex")) ? 200 : 404);
    }

    private GatewayId authenticate(Context ctx) {
        GatewayId gateway =
                Guard.bearer(ctx)
                        .flatMap(fleet::authenticateUplink)
                        .orElseThrow(() -> unknown("the uplink token is unknown"));
        Optional<X509Certificate> shown = ClientCertificate.of(ctx);
        if (shown.isPresent()) {
            if (!identities.admit(shown.get()).equals(gateway)) {
                throw unknown("the uplink token is " + gateway + "'s and the certificate is not");
            }
        } else if (ctx.req().isSecure() && identities.requiresCertificate(gateway)) {
            throw unknown(gateway + " needs its certificate; its uplink token alone is not enough");
        }
        return gateway;
    }

    private static AggregatorException unknown(String reason) {
        return new AggregatorException(Code.NOT_LOGGED_IN, reason);
    }

    /** Only what a browser shows as an image: the console serves it again. */
    private static String imageType(Context ctx) {
        String type = ctx.contentType() == null ? "" : ctx.contentType().split(";")[0].strip();
        if (!IMAGES.contains(type)) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "Content-Type \"" + type + "\": use one of " + IMAGES);
        }
        return type;
    }
}
