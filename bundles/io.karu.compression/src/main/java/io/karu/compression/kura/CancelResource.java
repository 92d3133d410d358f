package io.karu.compression.kura;

import io.karu.api.model.ModelException;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code KARU-V1 EXEC/compression/cancel}: the job is not wanted any more. */
@Component(service = UplinkResource.class)
public final class CancelResource implements UplinkResource {
    private final CompressionComponent compression;

    @Activate
    public CancelResource(@Reference CompressionComponent compression) {
        this.compression = compression;
    }

    @Override
    public Method method() {
        return Method.EXEC;
    }

    @Override
    public String path() {
        return "compression/cancel";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return CompressionRequest.answer(
                body,
                request -> {
                    String id = request.text("job");
                    return compression
                            .cancel(id)
                            .orElseThrow(
                                    () ->
                                            new ModelException(
                                                    ModelException.Code.NOT_FOUND,
                                                    "no job here is " + id));
                });
    }
}
