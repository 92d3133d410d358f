package io.karu.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The page's own files, from the bundle. */
final class Assets {
    /** A file with its content type and a tag that changes with its content. */
    record Asset(String type, byte[] content, String tag) {}

    private static final Map<String, String> TYPES =
            Map.of(
                    "index.html", "text/html; charset=utf-8",
                    "style.css", "text/css; charset=utf-8",
                    "app.js", "text/javascript; charset=utf-8",
                    "stage.js", "text/javascript; charset=utf-8",
                    "words.js", "text/javascript; charset=utf-8",
                    "karu.svg", "image/svg+xml");

    private final Map<String, Asset> assets = new HashMap<>();

    Assets() {
        TYPES.forEach((name, type) -> assets.put(name, read(name, type)));
    }

    private static Asset read(String name, String type) {
        try (InputStream in = Assets.class.getResourceAsStream("web/" + name)) {
            byte[] content = in.readAllBytes();
            CRC32C crc = new CRC32C();
            crc.update(content);
            return new Asset(type, content, "\"" + Long.toHexString(crc.getValue()) + "\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Optional<Asset> find(String name) {
        return Optional.ofNullable(assets.get(name));
    }
}
