package org.eclipse.kura;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.text.ParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.ModelInfoBuilder;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.ai.inference.TensorDescriptor;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.configuration.metatype.Scalar;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraRequestPayload;
import org.eclipse.kura.message.KuraResponsePayload;
import org.eclipse.kura.type.DataType;
import org.eclipse.kura.type.TypedValue;
import org.eclipse.kura.type.TypedValues;
import org.eclipse.kura.wire.WireEnvelope;
import org.eclipse.kura.wire.WireRecord;
import org.junit.jupiter.api.Test;

class ValuesTest {

    @Test
    void theTextOfAnErrorNamesItsArguments() {
        assertEquals(
                "The value of the attribute threshold is invalid: 2.0 is above 1.0",
                new KuraException(
                                KuraErrorCode.CONFIGURATION_ATTRIBUTE_INVALID,
                                "threshold",
                                "2.0 is above 1.0")
                        .getMessage());
        assertEquals("no space left", KuraException.internalError("no space left").getMessage());
        assertEquals("Bad request:", new KuraException(KuraErrorCode.BAD_REQUEST).getMessage());
        Throwable cause = new IllegalStateException();
        KuraRuntimeException wrapped = new KuraInvalidMessageException(cause, "topic");
        assertSame(cause, wrapped.getCause());
        assertEquals(KuraErrorCode.INVALID_MESSAGE_EXCEPTION, wrapped.getCode());
    }

    @Test
    void everyErrorCodeHasAText() {
        for (final KuraErrorCode code : KuraErrorCode.values()) {
            String text = new KuraException(code, "this").getMessage();
            assertTrue(text.contains("this"), code + " gives \"" + text + "\"");
        }
    }

    @Test
    void methodsThatAHandlerDoesNotOverrideAreUnsupported() {
        KuraException e =
                assertThrows(
                        KuraException.class,
                        () ->
                                new RequestHandler() {}.doExec(
                                        null, new KuraMessage(new KuraPayload())));
        assertEquals(KuraErrorCode.OPERATION_NOT_SUPPORTED, e.getCode());
    }

    @Test
    void aRequestWithoutItsSenderIsRefused() throws Exception {
        KuraPayload payload = new KuraPayload();
        payload.addMetric(KuraRequestPayload.METRIC_REQUEST_ID, "41");
        assertThrows(ParseException.class, () -> KuraRequestPayload.buildFromKuraPayload(payload));
        payload.addMetric(KuraRequestPayload.REQUESTER_CLIENT_ID, "agg1");
        payload.setBody(new byte[] {1});
        KuraRequestPayload request = KuraRequestPayload.buildFromKuraPayload(payload);
        assertEquals("41", request.getRequestId());
        assertEquals("agg1", request.getRequesterClientId());
        assertArrayEquals(new byte[] {1}, request.getBody());
    }

    @Test
    void aReplyCarriesItsCodeAsAnInteger() {
        KuraResponsePayload reply =
                new KuraResponsePayload(400, new IllegalArgumentException("dp.uri is missing"));
        assertEquals(Integer.valueOf(400), reply.getMetric("response.code"));
        assertEquals("dp.uri is missing", reply.getMetric("response.exception.message"));
        assertTrue(reply.getExceptionStack().contains("IllegalArgumentException"));
    }

    @Test
    void typedValuesKeepTypeAndValue() {
        Map<Object, DataType> expected =
                Map.of(
                        true,
                        DataType.BOOLEAN,
                        1,
                        DataType.INTEGER,
                        2L,
                        DataType.LONG,
                        3f,
                        DataType.FLOAT,
                        4d,
                        DataType.DOUBLE,
                        "five",
                        DataType.STRING);
        expected.forEach(
                (value, type) -> {
                    TypedValue<?> typed = TypedValues.newTypedValue(value);
                    assertEquals(type, typed.getType());
                    assertEquals(value, typed.getValue());
                    assertEquals(typed, TypedValues.parseTypedValue(type, value.toString()));
                });
        assertEquals(
                TypedValues.newByteArrayValue(new byte[] {1, 2, 3}),
                TypedValues.parseTypedValue(DataType.BYTE_ARRAY, "AQID"));
        assertThrows(IllegalArgumentException.class, () -> TypedValues.newTypedValue('c'));
        assertThrows(IllegalArgumentException.class, () -> TypedValues.newTypedValue(null));
        assertEquals(DataType.BYTE_ARRAY, DataType.getDataType("byte_array"));
        assertEquals(Scalar.CHAR, Scalar.fromValue("Char"));
    }

    @Test
    void aWireRecordDoesNotChangeWithTheMapItWasMadeOf() {
        Map<String, TypedValue<?>> properties = new HashMap<>();
        properties.put("score", TypedValues.newDoubleValue(0.5));
        WireRecord wireRecord = new WireRecord(properties);
        properties.clear();
        assertEquals(TypedValues.newDoubleValue(0.5), wireRecord.getProperties().get("score"));
        WireEnvelope envelope = new WireEnvelope("camera", List.of(wireRecord));
        assertEquals("camera", envelope.getEmitterPid());
        assertEquals(List.of(wireRecord), envelope.getRecords());
    }

    @Test
    void aModelInfoIsBuiltFromAnother() {
        TensorDescriptor image =
                TensorDescriptor.builder("image", "UINT8", List.of(1L, 1L, 64L, 64L)).build();
        TensorDescriptor score =
                TensorDescriptor.builder("score", "FP32", List.of(1L))
                        .format("plain")
                        .addParameter("stride", 1)
                        .build();
        ModelInfo info =
                ModelInfo.builder("golden-template")
                        .version("1")
                        .addInputDescriptor(image)
                        .addOutputDescriptor(score)
                        .build();
        ModelInfo next = ModelInfoBuilder.fromModelInfo(info).version("2").build();
        assertEquals(Optional.of("2"), next.getVersion());
        assertEquals(Optional.of("1"), info.getVersion());
        assertEquals(List.of(image), next.getInputs());
        assertEquals(Optional.of("plain"), score.toBuilder().build().getFormat());
        assertThrows(IllegalArgumentException.class, () -> ModelInfo.builder("nothing").build());
    }

    @Test
    void aTensorGivesItsElementsOnlyAsWhatTheyAre() {
        TensorDescriptor descriptor =
                TensorDescriptor.builder("score", "FP32", List.of(2L)).build();
        Tensor tensor = new Tensor(Float.class, descriptor, List.of(0.1f, 0.9f));
        assertEquals(Optional.of(List.of(0.1f, 0.9f)), tensor.getData(Float.class));
        assertEquals(Optional.empty(), tensor.getData(Byte.class));
    }
}
