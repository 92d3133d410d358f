package io.karu.station.kura;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationStatus;
import io.karu.api.uplink.UplinkResource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code KARU-V1 GET/stations}: what every station does now (docs/contracts.md §2). */
@Component(name = "io.karu.station.StationsResource", service = UplinkResource.class)
public final class StationsResource implements UplinkResource {
    private static final int CONTRACT = 1;

    private final List<Station> stations = new CopyOnWriteArrayList<>();
    private final Gson gson = new Gson();

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeStation")
    void addStation(Station station) {
        stations.add(station);
    }

    void removeStation(Station station) {
        stations.remove(station);
    }

    @Override
    public Method method() {
        return Method.GET;
    }

    @Override
    public String path() {
        return "stations";
    }

    @Override
    public String handle(String body) {
        JsonArray list = new JsonArray();
        stations.stream()
                .map(Station::status)
                .sorted(Comparator.comparing(status -> status.station().value()))
                .map(StationsResource::json)
                .forEach(list::add);
        JsonObject reply = new JsonObject();
        reply.addProperty("contract", CONTRACT);
        reply.add("stations", list);
        return gson.toJson(reply);
    }

    private static JsonObject json(StationStatus status) {
        JsonObject json = new JsonObject();
        json.addProperty("station", status.station().value());
        json.addProperty("state", status.state().name());
        status.reason().ifPresent(reason -> json.addProperty("reason", reason));
        json.addProperty("model", status.model());
        json.addProperty("frames", status.frames());
        json.addProperty("accepted", status.accepted());
        json.addProperty("rejected", status.rejected());
        json.addProperty("review", status.review());
        json.addProperty("skipped", status.skipped());
        json.addProperty("listenerDrops", status.listenerDrops());
        json.addProperty("framesPerSecond", status.framesPerSecond());
        return json;
    }
}
