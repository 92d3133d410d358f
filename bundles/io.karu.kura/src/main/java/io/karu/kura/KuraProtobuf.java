package io.karu.kura;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Kura's default encoding of payloads: Protocol Buffers (proto2, package {@code kuradatatypes}),
 * compressed with gzip only where that is shorter. Receivers look for gzip's magic number in every
 * message.
 */
public final class KuraProtobuf {

    /** More than this is never inflated; Kura itself takes messages of up to 16 MiB. */
    public static final int MAX_INFLATED_BYTES = 64 << 20;

    private static final int TIMESTAMP = 1;
    private static final int POSITION = 2;
    private static final int METRIC = 5000;
    private static final int BODY = 5001;

    private static final int METRIC_NAME = 1;
    private static final int METRIC_TYPE = 2;
    private static final int METRIC_FIRST_VALUE = 3;

    private KuraProtobuf() {}

    /** The payload as Protocol Buffers, not compressed. */
    public static byte[] encode(Payload payload) {
        return message(
                out -> {
                    if (payload.timestamp().isPresent()) {
                        out.writeInt64(TIMESTAMP, payload.timestamp().get().toEpochMilli());
                    }
                    if (payload.position().isPresent()) {
                        out.writeByteArray(POSITION, encode(payload.position().get()));
                    }
                    for (final Map.Entry<String, Object> metric : payload.metrics().entrySet()) {
                        out.writeByteArray(METRIC, encode(metric.getKey(), metric.getValue()));
                    }
                    if (payload.body().isPresent()) {
                        out.writeByteArray(BODY, payload.body().get());
                    }
                });
    }

    /** The payload as Protocol Buffers, compressed if that is shorter. */
    public static byte[] encodeCompressed(Payload payload) {
        byte[] plain = encode(payload);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.size() < plain.length ? bytes.toByteArray() : plain;
    }

    /** The payload in these bytes; what cannot be decoded becomes the body of an empty payload. */
    public static Payload decode(byte[] bytes) {
        try {
            return payload(inflated(bytes));
        } catch (IOException undecodable) {
            return Payload.ofBody(bytes);
        }
    }

    private static byte[] encode(Position position) {
        return message(
                out -> {
                    out.writeDouble(1, position.latitude());
                    out.writeDouble(2, position.longitude());
                    if (position.altitude() != null) {
                        out.writeDouble(3, position.altitude());
                    }
                    if (position.precision() != null) {
                        out.writeDouble(4, position.precision());
                    }
                    if (position.heading() != null) {
                        out.writeDouble(5, position.heading());
                    }
                    if (position.speed() != null) {
                        out.writeDouble(6, position.speed());
                    }
                    if (position.timestamp() != null) {
                        out.writeInt64(7, position.timestamp().toEpochMilli());
                    }
                    if (position.satellites() != null) {
                        out.writeInt32(8, position.satellites());
                    }
                    if (position.status() != null) {
                        out.writeInt32(9, position.status());
                    }
                });
    }

    private static byte[] encode(String name, Object value) {
        MetricType type = MetricType.of(value).orElseThrow();
        int field = METRIC_FIRST_VALUE + type.ordinal();
        return message(
                out -> {
                    out.writeString(METRIC_NAME, name);
                    out.writeEnum(METRIC_TYPE, type.ordinal());
                    switch (type) {
                        case DOUBLE -> out.writeDouble(field, (Double) value);
                        case FLOAT -> out.writeFloat(field, (Float) value);
                        case INT64 -> out.writeInt64(field, (Long) value);
                        case INT32 -> out.writeInt32(field, (Integer) value);
                        case BOOL -> out.writeBool(field, (Boolean) value);
                        case STRING -> out.writeString(field, (String) value);
                        case BYTES -> out.writeByteArray(field, (byte[]) value);
                    }
                });
    }

    private static byte[] inflated(byte[] bytes) {
        boolean compressed =
                bytes.length > 2 && (bytes[0] & 0xFF) == 0x1F && (bytes[1] & 0xFF) == 0x8B;
        if (!compressed) {
            return bytes;
        }
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            byte[] inflated = gzip.readNBytes(MAX_INFLATED_BYTES + 1);
            return inflated.length > MAX_INFLATED_BYTES ? bytes : inflated;
        } catch (IOException notGzip) {
            return bytes;
        }
    }

    private static Payload payload(byte[] bytes) throws IOException {
        Payload.Builder payload = Payload.builder();
        PositionFields position = null;
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == tag(TIMESTAMP, WireFormat.WIRETYPE_VARINT)) {
                payload.timestamp(Instant.ofEpochMilli(in.readInt64()));
            } else if (tag == tag(POSITION, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                position = position == null ? new PositionFields() : position;
                readMessage(in, position);
            } else if (tag == tag(METRIC, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                MetricFields metric = new MetricFields();
                readMessage(in, metric);
                payload.metric(metric.name(), metric.value());
            } else if (tag == tag(BODY, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                payload.body(in.readByteArray());
            } else {
                skip(in, tag);
            }
        }
        if (position != null) {
            payload.position(position.position());
        }
        return payload.build();
    }

    private static int tag(int field, int wireType) {
        return field << 3 | wireType;
    }

    private static void readMessage(CodedInputStream in, Fields fields) throws IOException {
        int limit = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int wireType = WireFormat.getTagWireType(tag);
            if (!fields.read(in, WireFormat.getTagFieldNumber(tag), wireType)) {
                skip(in, tag);
            }
        }
        in.popLimit(limit);
    }

    /** Kura's extensions (fields 3 to 4999) and whatever is newer than this. */
    private static void skip(CodedInputStream in, int tag) throws IOException {
        if (!in.skipField(tag)) {
            throw new InvalidProtocolBufferException("A group ends that did not begin");
        }
    }

    /** Takes the fields of one message that it knows. */
    private interface Fields {
        /** False when the field is not known, or not known with this wire type. */
        boolean read(CodedInputStream in, int field, int wireType) throws IOException;
    }

    private static final class PositionFields implements Fields {

        private final Double[] doubles = new Double[6];
        private Instant timestamp;
        private Integer satellites;
        private Integer status;

        @Override
        public boolean read(CodedInputStream in, int field, int wireType) throws IOException {
            if (field >= 1 && field <= 6 && wireType == WireFormat.WIRETYPE_FIXED64) {
                doubles[field - 1] = in.readDouble();
            } else if (field == 7 && wireType == WireFormat.WIRETYPE_VARINT) {
                timestamp = Instant.ofEpochMilli(in.readInt64());
            } else if (field == 8 && wireType == WireFormat.WIRETYPE_VARINT) {
                satellites = in.readInt32();
            } else if (field == 9 && wireType == WireFormat.WIRETYPE_VARINT) {
                status = in.readInt32();
            } else {
                return false;
            }
            return true;
        }

        Position position() throws InvalidProtocolBufferException {
            if (doubles[0] == null || doubles[1] == null) {
                throw new InvalidProtocolBufferException("A position needs latitude and longitude");
            }
            return new Position(
                    doubles[0],
                    doubles[1],
                    doubles[2],
                    doubles[3],
                    doubles[4],
                    doubles[5],
                    timestamp,
                    satellites,
                    status);
        }
    }

    private static final class MetricFields implements Fields {

        private static final Object[] DEFAULTS = {0d, 0f, 0L, 0, false, "", new byte[0]};

        private final Object[] values = DEFAULTS.clone();
        private String name;
        private MetricType type;

        @Override
        public boolean read(CodedInputStream in, int field, int wireType) throws IOException {
            if (field == METRIC_NAME && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                name = in.readString();
                return true;
            }
            if (field == METRIC_TYPE && wireType == WireFormat.WIRETYPE_VARINT) {
                int number = in.readEnum();
                if (number >= 0 && number < MetricType.values().length) {
                    type = MetricType.values()[number];
                }
                return true;
            }
            int index = field - METRIC_FIRST_VALUE;
            if (index < 0 || index >= values.length) {
                return false;
            }
            MetricType valueType = MetricType.values()[index];
            if (wireType != wireType(valueType)) {
                return false;
            }
            values[index] =
                    switch (valueType) {
                        case DOUBLE -> in.readDouble();
                        case FLOAT -> in.readFloat();
                        case INT64 -> in.readInt64();
                        case INT32 -> in.readInt32();
                        case BOOL -> in.readBool();
                        case STRING -> in.readString();
                        case BYTES -> in.readByteArray();
                    };
            return true;
        }

        private static int wireType(MetricType type) {
            return switch (type) {
                case DOUBLE -> WireFormat.WIRETYPE_FIXED64;
                case FLOAT -> WireFormat.WIRETYPE_FIXED32;
                case INT64, INT32, BOOL -> WireFormat.WIRETYPE_VARINT;
                case STRING, BYTES -> WireFormat.WIRETYPE_LENGTH_DELIMITED;
            };
        }

        String name() throws InvalidProtocolBufferException {
            if (name == null || type == null) {
                throw new InvalidProtocolBufferException("A metric needs name and type");
            }
            return name;
        }

        /** The value that the type announces; absent means the type's default, as for Kura. */
        Object value() {
            return values[type.ordinal()];
        }
    }

    private interface Writing {
        void to(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Writing writing) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            writing.to(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
