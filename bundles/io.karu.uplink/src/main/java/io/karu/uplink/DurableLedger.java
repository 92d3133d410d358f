package io.karu.uplink;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.api.uplink.Ledger;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The ledger in segment files, bounded by bytes; the newest 10,000 departures are in memory. */
public final class DurableLedger implements Ledger, Closeable {
    private static final int LISTED = 10_000;
    private final RecordLog log;
    private final long maxBytes;
    private final ArrayDeque<Departure> newest = new ArrayDeque<>();

    /** Opens the ledger and reads what it holds. */
    public DurableLedger(Path folder, long maxBytes) throws IOException {
        this.maxBytes = maxBytes;
        log = new RecordLog(folder, Math.max(16 << 10, maxBytes / 8));
        log.visit(
                0,
                (position, payload) -> {
                    remember(parse(payload));
                    return true;
                });
    }

    private void remember(Departure departure) {
        newest.addLast(departure);
        if (newest.size() > LISTED) {
            newest.removeFirst();
        }
    }

    @Override
    public synchronized void add(Departure departure) throws IOException {
        long position =
                log.append(
                        ByteBuffer.wrap(
                                json(departure).toString().getBytes(StandardCharsets.UTF_8)));
        while (log.bytes() > maxBytes && log.oldest() < log.newest()) {
            log.dropBefore(log.oldest() + 1);
        }
        log.force(position);
        remember(departure);
    }

    @Override
    public synchronized List<Departure> newest(int limit) {
        List<Departure> list = new ArrayList<>();
        Iterator<Departure> backwards = newest.descendingIterator();
        while (backwards.hasNext() && list.size() < limit) {
            list.add(backwards.next());
        }
        return list;
    }

    static JsonObject json(Departure departure) {
        JsonObject json = new JsonObject();
        json.addProperty("at", departure.at().toString());
        json.addProperty("kind", departure.kind());
        json.addProperty("what", departure.what());
        json.addProperty("to", departure.to());
        json.addProperty("bytes", departure.bytes());
        return json;
    }

    private static Departure parse(ByteBuffer payload) {
        JsonObject json =
                JsonParser.parseString(StandardCharsets.UTF_8.decode(payload).toString())
                        .getAsJsonObject();
        return new Departure(
                Instant.parse(json.get("at").getAsString()),
                json.get("kind").getAsString(),
                json.get("what").getAsString(),
                json.get("to").getAsString(),
                json.get("bytes").getAsLong());
    }

    @Override
    public synchronized void close() throws IOException {
        log.close();
    }
}
