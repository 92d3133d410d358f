package io.karu.gateway.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Kura's payload as protobuf's own DynamicMessage reads it from the message definition in Kura's
 * protocol: the far side of our tests uses no codec of ours.
 *
 * @param compressed whether it arrived as gzip
 */
public record WirePayload(
        Map<String, Object> metrics, byte[] body, boolean hasPosition, boolean compressed) {

    private static final List<Type> VALUE_TYPES =
            List.of(
                    Type.TYPE_DOUBLE,
                    Type.TYPE_FLOAT,
                    Type.TYPE_INT64,
                    Type.TYPE_INT32,
                    Type.TYPE_BOOL,
                    Type.TYPE_STRING,
                    Type.TYPE_BYTES);
    private static final List<String> VALUE_NAMES =
            List.of(
                    "double_value",
                    "float_value",
                    "long_value",
                    "int_value",
                    "bool_value",
                    "string_value",
                    "bytes_value");
    private static final List<String> ENUM_NAMES =
            List.of("DOUBLE", "FLOAT", "INT64", "INT32", "BOOL", "STRING", "BYTES");
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final FileDescriptor FILE = definition();
    private static final Descriptor PAYLOAD = FILE.findMessageTypeByName("KuraPayload");
    private static final Descriptor METRIC = FILE.findMessageTypeByName("KuraMetric");

    public static WirePayload decode(byte[] bytes) {
        boolean compressed =
                bytes.length > 2 && ((bytes[0] & 0xff) << 8 | bytes[1] & 0xff) == GZIP_MAGIC;
        try {
            DynamicMessage message =
                    DynamicMessage.parseFrom(
                            PAYLOAD,
                            compressed
                                    ? new GZIPInputStream(new ByteArrayInputStream(bytes))
                                            .readAllBytes()
                                    : bytes);
            Map<String, Object> metrics = new TreeMap<>();
            for (Object each : (List<?>) message.getField(PAYLOAD.findFieldByName("metric"))) {
                DynamicMessage metric = (DynamicMessage) each;
                int type =
                        ((EnumValueDescriptor) metric.getField(METRIC.findFieldByName("type")))
                                .getNumber();
                Object value = metric.getField(METRIC.findFieldByName(VALUE_NAMES.get(type)));
                metrics.put((String) metric.getField(METRIC.findFieldByName("name")), value);
            }
            byte[] body =
                    message.hasField(PAYLOAD.findFieldByName("body"))
                            ? ((ByteString) message.getField(PAYLOAD.findFieldByName("body")))
                                    .toByteArray()
                            : null;
            return new WirePayload(
                    metrics,
                    body,
                    message.hasField(PAYLOAD.findFieldByName("position")),
                    compressed);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("Not a KuraPayload of " + bytes.length + " bytes", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Encodes without compression, as Kapua sends its requests. */
    public static byte[] encode(Map<String, Object> metrics, byte[] body) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(PAYLOAD);
        metrics.forEach(
                (name, value) -> {
                    int type = typeOf(value);
                    message.addRepeatedField(
                            PAYLOAD.findFieldByName("metric"),
                            DynamicMessage.newBuilder(METRIC)
                                    .setField(METRIC.findFieldByName("name"), name)
                                    .setField(
                                            METRIC.findFieldByName("type"),
                                            FILE.findEnumTypeByName("ValueType")
                                                    .findValueByNumber(type))
                                    .setField(METRIC.findFieldByName(VALUE_NAMES.get(type)), value)
                                    .build());
                });
        if (body != null) {
            message.setField(PAYLOAD.findFieldByName("body"), ByteString.copyFrom(body));
        }
        return message.build().toByteArray();
    }

    public String text(String metric) {
        return (String) metrics.get(metric);
    }

    private static int typeOf(Object value) {
        List<Class<?>> classes =
                List.of(
                        Double.class,
                        Float.class,
                        Long.class,
                        Integer.class,
                        Boolean.class,
                        String.class,
                        ByteString.class);
        int type = classes.indexOf(value.getClass());
        return type < 0 ? VALUE_TYPES.indexOf(Type.TYPE_BYTES) : type;
    }

    private static FileDescriptor definition() {
        EnumDescriptorProto.Builder valueType =
                EnumDescriptorProto.newBuilder().setName("ValueType");
        DescriptorProto.Builder metric =
                DescriptorProto.newBuilder()
                        .setName("KuraMetric")
                        .addField(field("name", 1, Type.TYPE_STRING, Label.LABEL_REQUIRED))
                        .addField(
                                field("type", 2, Type.TYPE_ENUM, Label.LABEL_REQUIRED)
                                        .setTypeName(".kuradatatypes.ValueType"));
        for (int i = 0; i < VALUE_TYPES.size(); i++) {
            valueType.addValue(
                    EnumValueDescriptorProto.newBuilder().setName(ENUM_NAMES.get(i)).setNumber(i));
            metric.addField(
                    field(VALUE_NAMES.get(i), i + 3, VALUE_TYPES.get(i), Label.LABEL_OPTIONAL));
        }
        DescriptorProto.Builder position =
                DescriptorProto.newBuilder()
                        .setName("KuraPosition")
                        .addField(field("latitude", 1, Type.TYPE_DOUBLE, Label.LABEL_REQUIRED))
                        .addField(field("longitude", 2, Type.TYPE_DOUBLE, Label.LABEL_REQUIRED));
        DescriptorProto.Builder payload =
                DescriptorProto.newBuilder()
                        .setName("KuraPayload")
                        .addField(field("timestamp", 1, Type.TYPE_INT64, Label.LABEL_OPTIONAL))
                        .addField(
                                field("position", 2, Type.TYPE_MESSAGE, Label.LABEL_OPTIONAL)
                                        .setTypeName(".kuradatatypes.KuraPosition"))
                        .addField(
                                field("metric", 5000, Type.TYPE_MESSAGE, Label.LABEL_REPEATED)
                                        .setTypeName(".kuradatatypes.KuraMetric"))
                        .addField(field("body", 5001, Type.TYPE_BYTES, Label.LABEL_OPTIONAL));
        try {
            return FileDescriptor.buildFrom(
                    FileDescriptorProto.newBuilder()
                            .setName("kurapayload.proto")
                            .setPackage("kuradatatypes")
                            .setSyntax("proto2")
                            .addEnumType(valueType)
                            .addMessageType(metric)
                            .addMessageType(position)
                            .addMessageType(payload)
                            .build(),
                    new FileDescriptor[0]);
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FieldDescriptorProto.Builder field(
            String name, int number, Type type, Label label) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(label);
    }
}
