package io.karu.models;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkResource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code KARU-V1 GET/models}: every version and alias on this gateway. */
@Component
public final class ModelsResource implements UplinkResource {
    private final Models models;

    @Activate
    public ModelsResource(@Reference Models models) {
        this.models = models;
    }

    @Override
    public Method method() {
        return Method.GET;
    }

    @Override
    public String path() {
        return "models";
    }

    @Override
    public String handle(String body) {
        JsonArray list = new JsonArray();
        models.status().forEach(status -> list.add(json(status)));
        JsonObject reply = AliasRequest.reply();
        reply.addProperty("installation", models.installation());
        reply.add("models", list);
        return reply.toString();
    }

    private static JsonObject json(ModelStatus status) {
        JsonObject json = new JsonObject();
        json.addProperty("name", status.name());
        json.addProperty("version", status.version());
        json.addProperty("digest", status.digest().value());
        JsonArray aliases = new JsonArray();
        status.aliases().forEach(aliases::add);
        json.add("aliases", aliases);
        json.addProperty("state", status.state().name());
        json.addProperty("generation", status.generation());
        status.reason().ifPresent(reason -> json.addProperty("reason", reason));
        return json;
    }
}
