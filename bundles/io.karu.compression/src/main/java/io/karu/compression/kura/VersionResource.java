package io.karu.compression.kura;

import com.google.gson.JsonObject;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import io.karu.compression.gateway.VersionParts;
import java.util.Base64;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code KARU-V1 GET/compression/version}: the version that a job made, part by part. */
@Component(service = UplinkResource.class)
public final class VersionResource implements UplinkResource {
    private final CompressionComponent compression;

    @Activate
    public VersionResource(@Reference CompressionComponent compression) {
        this.compression = compression;
    }

    @Override
    public Method method() {
        return Method.GET;
    }

    @Override
    public String path() {
        return "compression/version";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return CompressionRequest.reply(
                body,
                request -> {
                    VersionParts.Part part =
                            compression.part(
                                    request.text("job"),
                                    request.number("offset").orElse(0.0).longValue());
                    JsonObject reply = new JsonObject();
                    reply.addProperty("digest", part.digest().value());
                    reply.addProperty("size", part.size());
                    reply.addProperty("offset", part.offset());
                    reply.addProperty("data", Base64.getEncoder().encodeToString(part.bytes()));
                    return reply;
                });
    }
}
