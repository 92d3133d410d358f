package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.OperatorSetIdProto;
import io.karu.onnx.proto.StringStringEntryProto;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a model says beside its graph; parts that have no name here are kept. */
final class ModelHeader {
    private static final int FUNCTIONS = 25;
    private static final int SPARSE_INITIALIZERS = 15;

    private final ModelProto rest;
    private final Map<String, Long> opsets = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    ModelHeader(ModelProto model) {
        wantPlain(model);
        rest = model.toBuilder().clearGraph().clearOpsetImport().clearMetadataProps().build();
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            // "ai.onnx" is another spelling of the default domain.
            opsets.put(
                    opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain(),
                    opset.getVersion());
        }
        model.getMetadataPropsList().forEach(e -> metadata.put(e.getKey(), e.getValue()));
    }

    /** Parts that a graph here would lose, and with them the model's meaning. */
    private static void wantPlain(ModelProto model) {
        if (model.getUnknownFields().hasField(FUNCTIONS)) {
            throw OnnxException.model(Code.UNSUPPORTED, "the model defines functions: inline them");
        }
        if (model.getGraph().getUnknownFields().hasField(SPARSE_INITIALIZERS)) {
            throw OnnxException.model(
                    Code.UNSUPPORTED, "the model has sparse initializers: export it without");
        }
    }

    Map<String, Long> opsets() {
        return opsets;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    ModelProto.Builder toProto() {
        ModelProto.Builder model = rest.toBuilder();
        opsets.forEach(
                (domain, version) ->
                        model.addOpsetImport(
                                OperatorSetIdProto.newBuilder()
                                        .setDomain(domain)
                                        .setVersion(version)));
        metadata.forEach(
                (key, value) ->
                        model.addMetadataProps(
                                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model;
    }
}
