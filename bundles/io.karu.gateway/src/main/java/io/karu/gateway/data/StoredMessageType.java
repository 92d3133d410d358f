package io.karu.gateway.data;

import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.StringDataType;

/** The form of a message in the store's file. */
final class StoredMessageType extends BasicDataType<StoredMessage> {

    private static final int OVERHEAD_BYTES = 96;

    @Override
    public int getMemory(StoredMessage message) {
        return OVERHEAD_BYTES + 2 * message.topic().length() + message.payload().length;
    }

    @Override
    public void write(WriteBuffer buffer, StoredMessage message) {
        StringDataType.INSTANCE.write(buffer, message.topic());
        buffer.put((byte) message.qos());
        buffer.put((byte) (message.retain() ? 1 : 0));
        buffer.putInt(message.priority());
        buffer.putInt(message.payload().length);
        buffer.put(message.payload());
    }

    @Override
    public StoredMessage read(ByteBuffer buffer) {
        String topic = StringDataType.INSTANCE.read(buffer);
        int qos = buffer.get();
        boolean retain = buffer.get() == 1;
        int priority = buffer.getInt();
        byte[] payload = new byte[buffer.getInt()];
        buffer.get(payload);
        return new StoredMessage(topic, payload, qos, retain, priority);
    }

    @Override
    public StoredMessage[] createStorage(int size) {
        return new StoredMessage[size];
    }
}
