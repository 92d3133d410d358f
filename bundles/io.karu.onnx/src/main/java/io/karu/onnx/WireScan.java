package io.karu.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.karu.onnx.OnnxException.Code;
import java.io.IOException;
import java.io.InputStream;

/**
 * Walks through a message without keeping it and estimates what it takes in memory: a file of many
 * tiny messages takes a hundred times its size.
 */
final class WireScan {
    private static final int MESSAGE = 160;
    private static final int TEXT = 56;
    private static final int NUMBER = 8;
    private static final int DEPTH = 32;

    private final CodedInputStream in;
    private final long most;
    private long memory;

    private WireScan(InputStream stream, long most) {
        in = CodedInputStream.newInstance(stream);
        this.most = most;
    }

    /** Bytes that the message is estimated to take. OnnxException TOO_LARGE beyond the limit. */
    static long memory(InputStream stream, Descriptor type, long most) throws IOException {
        WireScan scan = new WireScan(stream, most);
        scan.message(type, 0);
        return scan.memory;
    }

    private void message(Descriptor type, int depth) throws IOException {
        if (depth > DEPTH) {
            throw OnnxException.model(Code.MALFORMED, "messages are nested too deeply");
        }
        take(MESSAGE);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                take(field == null ? TEXT : NUMBER);
                if (!in.skipField(tag)) {
                    throw new InvalidProtocolBufferException("a group ends that never began");
                }
            } else {
                delimited(field, depth);
            }
        }
    }

    private void delimited(FieldDescriptor field, int depth) throws IOException {
        int length = in.readRawVarint32();
        if (length < 0) {
            throw new InvalidProtocolBufferException("a part has a negative length");
        }
        if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            int limit = in.pushLimit(length);
            message(field.getMessageType(), depth + 1);
            if (in.getBytesUntilLimit() != 0) {
                throw new InvalidProtocolBufferException("a part ends too early");
            }
            in.popLimit(limit);
            return;
        }
        take(TEXT + (long) length * (field == null ? 1 : growth(field)));
        in.skipRawBytes(length);
    }

    /** Bytes in memory for one byte of a packed field. */
    private static int growth(FieldDescriptor field) {
        return switch (field.getType()) {
            case INT64, UINT64 -> 8;
            case INT32 -> 4;
            default -> 1;
        };
    }

    private void take(long bytes) {
        memory += bytes;
        if (memory > most) {
            throw OnnxException.model(
                    Code.TOO_LARGE,
                    "the model takes more than the allowed "
                            + most
                            + " bytes of memory: a larger heap or other limits allow more");
        }
    }
}
