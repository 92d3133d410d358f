package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code KARU-V1 EXEC/models/activate}: the alias means another version, once that has proved
 * itself.
 */
@Component
public final class ActivateResource implements UplinkResource {
    private final Models models;

    @Activate
    public ActivateResource(@Reference Models models) {
        this.models = models;
    }

    @Override
    public Method method() {
        return Method.EXEC;
    }

    @Override
    public String path() {
        return "models/activate";
    }

    @Override
    public String handle(String body) throws UplinkException {
        return AliasRequest.answer(
                body,
                models,
                request -> {
                    Digest digest = request.requireDigest();
                    if (request.order().isPresent()) {
                        models.activate(
                                request.name(), request.alias(), digest, request.order().get());
                    } else {
                        models.activate(request.name(), request.alias(), digest);
                    }
                    return digest;
                });
    }
}
