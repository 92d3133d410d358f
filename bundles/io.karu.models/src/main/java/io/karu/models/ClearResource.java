package io.karu.models;

import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code KARU-V1 EXEC/models/clear}: the alias means nothing any more; this is how a challenger is
 * ended.
 */
@Component
public final class ClearResource implements UplinkResource {
    private final Models models;

    @Activate
    public ClearResource(@Reference Models models) {
        this.models = models;
    }

    @Override
    public Method method() {
        return Method.EXEC;
    }

    @Override
    public String path() {
        return "models/clear";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return AliasRequest.answer(
                body, models, request -> models.clear(request.name(), request.alias()));
    }
}
