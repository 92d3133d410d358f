package io.karu.compression.kura;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code KARU-V1 GET/compression/jobs}: what was asked for and what was measured. */
@Component(service = UplinkResource.class)
public final class JobsResource implements UplinkResource {
    private final CompressionComponent compression;

    @Activate
    public JobsResource(@Reference CompressionComponent compression) {
        this.compression = compression;
    }

    @Override
    public Method method() {
        return Method.GET;
    }

    @Override
    public String path() {
        return "compression/jobs";
    }

    @Override
    public String handle(String body) {
        JsonArray jobs = new JsonArray();
        compression.jobs().forEach(job -> jobs.add(job.toJson()));
        JsonObject reply = CompressionRequest.reply();
        reply.add("jobs", jobs);
        return reply.toString();
    }
}
