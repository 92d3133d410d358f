package io.karu.samples;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import io.karu.api.sample.Sample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples as lines of JSON, oldest first. Lines are appended; now and then the file is written anew
 * without old lines.
 */
final class Index implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Index.class);
    private static final Gson GSON = new Gson();

    private final Path file;
    private FileChannel channel;
    private int lines;

    Index(Path file) {
        this.file = file;
    }

    /** The samples in the file; lines that are not whole are skipped. */
    List<Sample> read() throws IOException {
        List<Sample> samples = new ArrayList<>();
        int skipped = 0;
        if (Files.exists(file)) {
            try (BufferedReader reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    Files.newInputStream(file), StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    try {
                        samples.add(parse(line));
                    } catch (RuntimeException e) {
                        skipped++;
                    }
                }
            }
        }
        if (skipped > 0) {
            LOG.warn("{} damaged lines of the index of samples are skipped", skipped);
        }
        return samples;
    }

    /** Replaces the file in one step and opens it for appending. */
    synchronized void rewrite(Collection<Sample> samples) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".next");
        StringBuilder text = new StringBuilder();
        samples.forEach(sample -> text.append(line(sample)));
        FileChannel next =
                FileChannel.open(
                        aside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
        try {
            write(next, text.toString());
            next.force(true);
            Files.move(
                    aside,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            next.close();
            throw e;
        }
        close();
        channel = next;
        lines = samples.size();
    }

    synchronized void append(Sample sample) throws IOException {
        long end = channel.position();
        try {
            write(channel, line(sample));
        } catch (IOException e) {
            channel.truncate(end);
            throw e;
        }
        lines++;
    }

    synchronized int lines() {
        return lines;
    }

    /** Makes what was appended durable; appending goes on meanwhile. */
    void sync() throws IOException {
        FileChannel current;
        synchronized (this) {
            current = channel;
        }
        try {
            current.force(false);
        } catch (ClosedChannelException e) {
            LOG.debug("the index was rewritten meanwhile");
        }
    }

    @Override
    public synchronized void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.warn("the index of samples cannot be closed: {}", e.getMessage());
        }
    }

    private static void write(FileChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static String line(Sample sample) {
        JsonObject json = new JsonObject();
        json.addProperty("station", sample.frame().station().value());
        json.addProperty("frame", sample.frame().position());
        json.addProperty("keptAt", sample.keptAt().toString());
        json.addProperty("image", sample.image().value());
        sample.template().ifPresent(digest -> json.addProperty("template", digest.value()));
        sample.heatMap().ifPresent(digest -> json.addProperty("heatMap", digest.value()));
        json.addProperty("reason", sample.reason());
        return json + "\n";
    }

    private static Sample parse(String line) {
        JsonObject json = GSON.fromJson(line, JsonObject.class);
        return new Sample(
                new FrameId(
                        new StationId(json.get("station").getAsString()),
                        json.get("frame").getAsString()),
                Instant.parse(json.get("keptAt").getAsString()),
                new Digest(json.get("image").getAsString()),
                digest(json, "template"),
                digest(json, "heatMap"),
                json.get("reason").getAsString());
    }

    private static Optional<Digest> digest(JsonObject json, String field) {
        return Optional.ofNullable(json.get(field)).map(JsonElement::getAsString).map(Digest::new);
    }
}
