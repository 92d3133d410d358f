package io.karu.uplink;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;

/**
 * A package that is not complete yet. Which chunks are there is not written down but seen: a chunk
 * whose digest is right is there, whatever happened before.
 */
final class PartFile implements Closeable {
    private final FileChannel file;
    private final ChunkList list;
    private final BitSet present = new BitSet();

    PartFile(Path path, ChunkList list) throws IOException {
        this.list = list;
        this.file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        try {
            look();
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void look() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(list.chunkBytes());
        for (int index = 0; index < list.chunks().size(); index++) {
            if (read(index, buffer) && isRight(index, buffer)) {
                present.set(index);
            }
        }
    }

    private boolean read(int index, ByteBuffer buffer) throws IOException {
        buffer.clear().limit(list.length(index));
        long position = list.offset(index);
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, position);
            if (count < 0) {
                return false;
            }
            position += count;
        }
        buffer.flip();
        return true;
    }

    private boolean isRight(int index, ByteBuffer content) {
        MessageDigest digest = sha256();
        digest.update(content.duplicate());
        return hex(digest).equals(list.chunks().get(index));
    }

    /** The first chunk that is missing; negative when none is. */
    int missing() {
        int index = present.nextClearBit(0);
        return index < list.chunks().size() ? index : -1;
    }

    /** Bytes of all chunks that are there. */
    long received() {
        return present.stream().mapToLong(list::length).sum();
    }

    /**
     * Keeps a chunk; it is on the disk when this returns.
     *
     * @return false when its digest is another
     */
    boolean put(int index, byte[] content) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        if (content.length != list.length(index) || !isRight(index, buffer)) {
            return false;
        }
        long position = list.offset(index);
        while (buffer.hasRemaining()) {
            position += file.write(buffer, position);
        }
        file.force(false);
        present.set(index);
        return true;
    }

    /** Whether all chunks together are the package; asked when none is missing. */
    boolean isWhole() throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(list.chunkBytes());
        for (int index = 0; index < list.chunks().size(); index++) {
            if (!read(index, buffer)) {
                return false;
            }
            digest.update(buffer);
        }
        file.truncate(list.size());
        file.force(true);
        return hex(digest).equals(list.sha256());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
