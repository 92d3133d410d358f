package io.karu.gateway.cloud;

import com.google.gson.JsonObject;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Position;
import io.karu.kura.SimpleJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraPosition;

/**
 * Between Kura's payload objects and bytes. Protocol Buffers are compressed only where that is
 * shorter; JSON never is.
 */
final class PayloadCodec {

    private PayloadCodec() {}

    /**
     * @throws KuraException ENCODE_ERROR, naming the metric whose type Kura does not know
     */
    static byte[] encode(KuraPayload payload, CloudServiceOptions options) throws KuraException {
        if (payload == null) {
            return new byte[0];
        }
        try {
            return switch (options.encoding()) {
                case SIMPLE_JSON -> json(payload).toString().getBytes(StandardCharsets.UTF_8);
                case KURA_PROTOBUF -> {
                    Payload encoded = toPayload(payload);
                    yield options.compress()
                            ? KuraProtobuf.encodeCompressed(encoded)
                            : KuraProtobuf.encode(encoded);
                }
            };
        } catch (IllegalArgumentException e) {
            throw new KuraException(KuraErrorCode.ENCODE_ERROR, e, e.getMessage());
        }
    }

    /**
     * The payload in the bytes, compressed or not; what cannot be decoded becomes the body of an
     * empty payload.
     */
    static KuraPayload decode(byte[] bytes, CloudServiceOptions options) {
        Payload decoded =
                options.encoding() == CloudServiceOptions.Encoding.SIMPLE_JSON
                        ? SimpleJson.decode(bytes)
                        : KuraProtobuf.decode(bytes);
        KuraPayload payload = new KuraPayload();
        decoded.timestamp().map(Date::from).ifPresent(payload::setTimestamp);
        decoded.position().map(PayloadCodec::kuraPosition).ifPresent(payload::setPosition);
        decoded.metrics().forEach(payload::addMetric);
        decoded.body().ifPresent(payload::setBody);
        return payload;
    }

    private static Payload toPayload(KuraPayload payload) {
        KuraPosition position = payload.getPosition();
        return Payload.builder()
                .timestamp(instant(payload.getTimestamp()))
                .position(position == null ? null : position(position))
                .metrics(payload.metrics())
                .body(payload.getBody())
                .build();
    }

    private static Position position(KuraPosition from) {
        return Position.builder(from.getLatitude(), from.getLongitude())
                .altitude(from.getAltitude())
                .precision(from.getPrecision())
                .heading(from.getHeading())
                .speed(from.getSpeed())
                .timestamp(instant(from.getTimestamp()))
                .satellites(from.getSatellites())
                .status(from.getStatus())
                .build();
    }

    private static KuraPosition kuraPosition(Position from) {
        KuraPosition to = new KuraPosition();
        to.setLatitude(from.latitude());
        to.setLongitude(from.longitude());
        if (from.altitude() != null) {
            to.setAltitude(from.altitude());
        }
        if (from.precision() != null) {
            to.setPrecision(from.precision());
        }
        if (from.heading() != null) {
            to.setHeading(from.heading());
        }
        if (from.speed() != null) {
            to.setSpeed(from.speed());
        }
        if (from.timestamp() != null) {
            to.setTimestamp(Date.from(from.timestamp()));
        }
        if (from.satellites() != null) {
            to.setSatellites(from.satellites());
        }
        if (from.status() != null) {
            to.setStatus(from.status());
        }
        return to;
    }

    private static JsonObject json(KuraPayload payload) {
        JsonObject json = new JsonObject();
        if (payload.getTimestamp() != null) {
            json.addProperty("sentOn", payload.getTimestamp().getTime());
        }
        if (payload.getPosition() != null) {
            json.add("position", json(payload.getPosition()));
        }
        if (!payload.metrics().isEmpty()) {
            JsonObject metrics = new JsonObject();
            for (Map.Entry<String, Object> metric : payload.metrics().entrySet()) {
                addMetric(metrics, metric.getKey(), metric.getValue());
            }
            json.add("metrics", metrics);
        }
        if (payload.getBody() != null) {
            json.addProperty("body", base64(payload.getBody()));
        }
        return json;
    }

    private static void addMetric(JsonObject metrics, String name, Object value) {
        if (value instanceof Number number) {
            metrics.addProperty(name, number);
        } else if (value instanceof Boolean flag) {
            metrics.addProperty(name, flag);
        } else if (value instanceof byte[] bytes) {
            metrics.addProperty(name, base64(bytes));
        } else if (value != null) {
            metrics.addProperty(name, value.toString());
        }
    }

    private static JsonObject json(KuraPosition position) {
        JsonObject json = new JsonObject();
        json.addProperty("latitude", position.getLatitude());
        json.addProperty("longitude", position.getLongitude());
        addMetric(json, "altitude", position.getAltitude());
        addMetric(json, "heading", position.getHeading());
        addMetric(json, "precision", position.getPrecision());
        addMetric(json, "satellites", position.getSatellites());
        addMetric(json, "speed", position.getSpeed());
        addMetric(
                json,
                "timestamp",
                position.getTimestamp() == null ? null : position.getTimestamp().getTime());
        addMetric(json, "status", position.getStatus());
        return json;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Instant instant(Date date) {
        return date == null ? null : date.toInstant();
    }
}
