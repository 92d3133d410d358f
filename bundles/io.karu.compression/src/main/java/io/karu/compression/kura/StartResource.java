package io.karu.compression.kura;

import io.karu.api.model.ModelRef;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code KARU-V1 EXEC/compression/start}: compress a model here. */
@Component(service = UplinkResource.class)
public final class StartResource implements UplinkResource {
    private final CompressionComponent compression;

    @Activate
    public StartResource(@Reference CompressionComponent compression) {
        this.compression = compression;
    }

    @Override
    public Method method() {
        return Method.EXEC;
    }

    @Override
    public String path() {
        return "compression/start";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return CompressionRequest.answer(
                body,
                request ->
                        compression.start(
                                ModelRef.parse(request.text("model")), request.number("budget")));
    }
}
