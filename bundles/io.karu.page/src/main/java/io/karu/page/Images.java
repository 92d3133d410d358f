package io.karu.page;

import java.util.Optional;

/** Image formats that stations take, by their first bytes. */
final class Images {
    private Images() {}

    static Optional<String> type(byte[] content) {
        if (content.length > 8
                && (content[0] & 0xff) == 0x89
                && content[1] == 'P'
                && content[2] == 'N') {
            return Optional.of("image/png");
        }
        if (content.length > 3 && (content[0] & 0xff) == 0xff && (content[1] & 0xff) == 0xd8) {
            return Optional.of("image/jpeg");
        }
        if (content.length > 2 && content[0] == 'B' && content[1] == 'M') {
            return Optional.of("image/bmp");
        }
        return Optional.empty();
    }
}
