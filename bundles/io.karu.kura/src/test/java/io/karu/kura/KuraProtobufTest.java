package io.karu.kura;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.DynamicMessage;
import io.karu.kura.proto.KuraPayloadProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class KuraProtobufTest {

    private static final Payload EVERY_TYPE =
            Payload.builder()
                    .timestamp(Instant.parse("2026-01-01T00:00:00Z"))
                    .position(Position.builder(45.5, -122.25).satellites(7).build())
                    .metric("threshold", 0.5d)
                    .metric("score", 0.25f)
                    .metric("job.id", 7L)
                    .metric("delay", -1)
                    .metric("dp.install", true)
                    .metric("request.id", "41")
                    .metric("blob", new byte[] {0, (byte) 0xFF})
                    .body("hi".getBytes(StandardCharsets.UTF_8))
                    .build();

    @Test
    void everyTypeIsWrittenAsTheGoldenBytes() throws IOException {
        assertEquals(
                HexFormat.of().formatHex(golden("every-type")),
                HexFormat.of().formatHex(KuraProtobuf.encode(EVERY_TYPE)));
    }

    @Test
    void everyTypeIsReadFromTheGoldenBytes() throws IOException {
        assertEquals(EVERY_TYPE, KuraProtobuf.decode(golden("every-type")));
    }

    @Test
    void extensionsAndUnknownFieldsAreTolerated() throws IOException {
        assertEquals(
                Map.of("station", "line-1"), KuraProtobuf.decode(golden("extensions")).metrics());
    }

    @Test
    void ourBytesMeanTheSameToAnIndependentDecoder() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 200; i++) {
            Payload payload = randomPayload(random);
            DynamicMessage message =
                    DynamicMessage.parseFrom(descriptor(), KuraProtobuf.encode(payload));
            assertTrue(message.getUnknownFields().asMap().isEmpty());
            assertEquals(payload, payload(message));
        }
    }

    @Test
    void whatAnIndependentEncoderWritesIsReadAsItWasMeant() throws Exception {
        Random random = new Random(6);
        for (int i = 0; i < 200; i++) {
            Payload payload = randomPayload(random);
            DynamicMessage message =
                    DynamicMessage.parseFrom(descriptor(), KuraProtobuf.encode(payload));
            assertEquals(payload, KuraProtobuf.decode(message.toByteArray()));
        }
    }

    @Test
    void aMetricWithoutTheValueOfItsTypeHasTheDefaultOfTheType() {
        byte[] bytes =
                KuraPayloadProto.KuraPayload.newBuilder()
                        .addMetric(
                                KuraPayloadProto.KuraPayload.KuraMetric.newBuilder()
                                        .setName("count")
                                        .setType(
                                                KuraPayloadProto.KuraPayload.KuraMetric.ValueType
                                                        .INT32)
                                        .setDoubleValue(3))
                        .build()
                        .toByteArray();
        assertEquals(Map.of("count", 0), KuraProtobuf.decode(bytes).metrics());
    }

    @Test
    void aMetricThatIsNullIsLeftOutAndOneOfAnotherTypeIsRefused() {
        assertEquals(Map.of(), Payload.builder().metric("absent", null).build().metrics());
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Payload.builder().metric("when", Instant.EPOCH));
        assertTrue(refused.getMessage().contains("The metric when cannot be a java.time.Instant"));
    }

    @Test
    void compressionIsUsedOnlyWhereItIsShorter() throws IOException {
        Payload tiny = Payload.builder().metric("a", 1).build();
        assertArrayEquals(KuraProtobuf.encode(tiny), KuraProtobuf.encodeCompressed(tiny));

        Payload large = Payload.ofBody("board ".repeat(500).getBytes(StandardCharsets.UTF_8));
        byte[] compressed = KuraProtobuf.encodeCompressed(large);
        assertTrue(compressed.length < 200, compressed.length + " bytes");
        assertEquals((byte) 0x1F, compressed[0]);
        assertEquals(large, KuraProtobuf.decode(compressed));
        assertEquals(tiny, KuraProtobuf.decode(gzip(KuraProtobuf.encode(tiny))));
    }

    @Test
    void whatCannotBeDecodedBecomesTheBody() throws IOException {
        byte[] text = "plain text of a will".getBytes(StandardCharsets.UTF_8);
        assertEquals(Payload.ofBody(text), KuraProtobuf.decode(text));

        byte[] truncated = Arrays.copyOf(golden("every-type"), 60);
        assertEquals(Payload.ofBody(truncated), KuraProtobuf.decode(truncated));

        byte[] brokenGzip = {0x1F, (byte) 0x8B, 8, 0, 1, 2};
        assertEquals(Payload.ofBody(brokenGzip), KuraProtobuf.decode(brokenGzip));

        byte[] positionWithoutLongitude = HexFormat.of().parseHex("1209090000000000c04640");
        assertEquals(
                Payload.ofBody(positionWithoutLongitude),
                KuraProtobuf.decode(positionWithoutLongitude));

        byte[] metricWithoutType = HexFormat.of().parseHex("c2b802030a0161");
        assertEquals(Payload.ofBody(metricWithoutType), KuraProtobuf.decode(metricWithoutType));

        assertEquals(Payload.builder().build(), KuraProtobuf.decode(new byte[0]));
    }

    @Test
    void announcedLengthsBeyondTheMessageAllocateNothing() {
        for (final String hex :
                new String[] {
                    "cab802ffffffff07", // body of 2 GiB - 1
                    "cab802ffffffff0f", // body of -1 bytes
                    "c2b802ffffffff07", // metric
                    "c2b80280808008",
                    "12ffffffff07", // position
                    "1affffffff07abc0", // extension
                    "c2b802080a" + "ffffffff07" + "6161" // name inside a metric
                }) {
            byte[] bytes = HexFormat.of().parseHex(hex);
            assertEquals(Payload.ofBody(bytes), KuraProtobuf.decode(bytes), hex);
        }
    }

    @Test
    void endlessGroupsDoNotOverflowTheStack() {
        byte[] groups = new byte[100_000];
        Arrays.fill(groups, (byte) 0x1B);
        assertEquals(Payload.ofBody(groups), KuraProtobuf.decode(groups));
    }

    @Test
    void aCompressedBombIsNotInflated() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i <= KuraProtobuf.MAX_INFLATED_BYTES >> 20; i++) {
                gzip.write(zeros);
            }
        }
        assertEquals(Payload.ofBody(bytes.toByteArray()), KuraProtobuf.decode(bytes.toByteArray()));
    }

    @Test
    void noBytesMakeTheDecoderThrow() throws IOException {
        Random random = new Random(7);
        byte[] valid = golden("every-type");
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes;
            if (random.nextBoolean()) {
                bytes = Arrays.copyOf(valid, random.nextInt(valid.length + 1));
                for (int n = random.nextInt(4); n >= 0 && bytes.length > 0; n--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            } else {
                bytes = new byte[random.nextInt(64)];
                random.nextBytes(bytes);
            }
            KuraProtobuf.decode(bytes);
        }
    }

    private static Payload randomPayload(Random random) {
        Payload.Builder payload = Payload.builder();
        if (random.nextBoolean()) {
            payload.timestamp(Instant.ofEpochMilli(random.nextLong() >> 16));
        }
        if (random.nextBoolean()) {
            Position.Builder position =
                    Position.builder(random.nextGaussian(), random.nextGaussian());
            if (random.nextBoolean()) {
                position.altitude(random.nextDouble())
                        .precision(random.nextDouble())
                        .heading(random.nextDouble())
                        .speed(random.nextDouble())
                        .timestamp(Instant.ofEpochMilli(random.nextInt()))
                        .satellites(random.nextInt())
                        .status(random.nextInt());
            }
            payload.position(position.build());
        }
        for (int n = random.nextInt(10); n > 0; n--) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            Object value =
                    switch (random.nextInt(7)) {
                        case 0 -> random.nextGaussian();
                        case 1 -> random.nextFloat();
                        case 2 -> random.nextLong();
                        case 3 -> random.nextInt();
                        case 4 -> random.nextBoolean();
                        case 5 -> "Prüfung 检查 " + random.nextInt();
                        default -> bytes;
                    };
            payload.metric("metric." + random.nextInt(100), value);
        }
        if (random.nextBoolean()) {
            byte[] body = new byte[random.nextInt(2000)];
            random.nextBytes(body);
            payload.body(body);
        }
        return payload.build();
    }

    private static Descriptor descriptor() {
        return KuraPayloadProto.getDescriptor().findMessageTypeByName("KuraPayload");
    }

    private static Payload payload(DynamicMessage message) {
        Payload.Builder payload = Payload.builder();
        if (has(message, "timestamp")) {
            payload.timestamp(Instant.ofEpochMilli((Long) get(message, "timestamp")));
        }
        if (has(message, "position")) {
            payload.position(position((DynamicMessage) get(message, "position")));
        }
        int metrics = message.getRepeatedFieldCount(descriptor().findFieldByName("metric"));
        for (int i = 0; i < metrics; i++) {
            DynamicMessage metric =
                    (DynamicMessage)
                            message.getRepeatedField(descriptor().findFieldByName("metric"), i);
            String type = ((EnumValueDescriptor) get(metric, "type")).getName();
            String field =
                    Map.of(
                                    "DOUBLE", "double_value",
                                    "FLOAT", "float_value",
                                    "INT64", "long_value",
                                    "INT32", "int_value",
                                    "BOOL", "bool_value",
                                    "STRING", "string_value",
                                    "BYTES", "bytes_value")
                            .get(type);
            assertEquals(3, metric.getAllFields().size(), "name, type and exactly one value");
            Object value = get(metric, field);
            payload.metric(
                    (String) get(metric, "name"),
                    value instanceof ByteString bytes ? bytes.toByteArray() : value);
        }
        if (has(message, "body")) {
            payload.body(((ByteString) get(message, "body")).toByteArray());
        }
        return payload.build();
    }

    private static Position position(DynamicMessage message) {
        Position.Builder position =
                Position.builder(
                        (Double) get(message, "latitude"), (Double) get(message, "longitude"));
        if (has(message, "altitude")) {
            position.altitude((Double) get(message, "altitude"))
                    .precision((Double) get(message, "precision"))
                    .heading((Double) get(message, "heading"))
                    .speed((Double) get(message, "speed"))
                    .timestamp(Instant.ofEpochMilli((Long) get(message, "timestamp")))
                    .satellites((Integer) get(message, "satellites"))
                    .status((Integer) get(message, "status"));
        }
        return position.build();
    }

    private static boolean has(DynamicMessage message, String field) {
        return message.hasField(message.getDescriptorForType().findFieldByName(field));
    }

    private static Object get(DynamicMessage message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in =
                KuraProtobufTest.class.getResourceAsStream("/payload/" + name + ".hex")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return HexFormat.of()
                    .parseHex(
                            text.lines()
                                    .map(line -> line.replaceAll("#.*", "").replace(" ", ""))
                                    .collect(Collectors.joining()));
        }
    }
}
