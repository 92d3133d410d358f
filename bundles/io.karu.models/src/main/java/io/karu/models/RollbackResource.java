package io.karu.models;

import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code KARU-V1 EXEC/models/rollback}: the alias means last-good again, and the version it meant
 * stays off.
 */
@Component
public final class RollbackResource implements UplinkResource {
    private final Models models;

    @Activate
    public RollbackResource(@Reference Models models) {
        this.models = models;
    }

    @Override
    public Method method() {
        return Method.EXEC;
    }

    @Override
    public String path() {
        return "models/rollback";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return AliasRequest.answer(
                body, models, request -> models.rollback(request.name(), request.alias()));
    }
}
