package io.karu.uplink.kura;

import io.karu.uplink.ImageTransfer.Policy;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.crypto.CryptoService;

/**
 * The uplink's checked configuration.
 *
 * @param token in clear; never logged
 * @param ownTls whether an SSL manager was chosen
 * @param evidence how often evidence is sent
 */
record UplinkOptions(
        long journalBytes,
        Optional<URI> aggregator,
        String token,
        boolean ownTls,
        Policy images,
        long imageBytesPerHour,
        Duration evidence) {
    private static final long MEGABYTE = 1_000_000;

    /** IllegalArgumentException names the property, its value and what is expected. */
    static UplinkOptions of(Map<String, Object> properties, CryptoService crypto) {
        String url = text(properties, "aggregator.url", "").trim();
        String token = token(properties.get("aggregator.token"), crypto);
        if (!url.isEmpty() && token.isEmpty()) {
            throw new IllegalArgumentException(
                    "aggregator.token is empty: set the token that the aggregator gave");
        }
        return new UplinkOptions(
                number(properties, "journal.megabytes", 64, 1, 4096) * MEGABYTE,
                url.isEmpty() ? Optional.empty() : Optional.of(address(url)),
                token,
                !text(properties, "SslManagerService.target", Uplink.NO_SSL_MANAGER)
                        .equals(Uplink.NO_SSL_MANAGER),
                policy(text(properties, "images", "suspects")),
                number(properties, "images.megabytes.per.hour", 500, 1, 1_000_000) * MEGABYTE,
                Duration.ofSeconds(number(properties, "evidence.seconds", 60, 5, 3600)));
    }

    private static String text(Map<String, Object> properties, String name, String otherwise) {
        Object value = properties.get(name);
        return value == null ? otherwise : value.toString();
    }

    private static long number(
            Map<String, Object> properties, String name, long otherwise, long least, long most) {
        Object value = properties.getOrDefault(name, otherwise);
        try {
            long number =
                    value instanceof Number n
                            ? n.longValue()
                            : Long.parseLong(value.toString().trim());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(
                name + " must be " + least + " to " + most + ", was " + value);
    }

    private static URI address(String url) {
        try {
            URI uri = URI.create(url);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http
                    && uri.getHost() != null
                    && uri.getQuery() == null
                    && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException(
                "aggregator.url \"" + url + "\": expected http://host:port or https://host:port");
    }

    private static Policy policy(String images) {
        try {
            return Policy.valueOf(images.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "images \""
                            + images
                            + "\": expected one of "
                            + Arrays.toString(Policy.values()).toLowerCase(Locale.ROOT),
                    e);
        }
    }

    /** Kura hands passwords over encrypted, as text or as {@link Password}. */
    private static String token(Object value, CryptoService crypto) {
        char[] encrypted =
                value instanceof Password password
                        ? password.getPassword()
                        : value == null ? new char[0] : value.toString().toCharArray();
        if (encrypted.length == 0) {
            return "";
        }
        try {
            return new String(crypto.decryptAes(encrypted)).trim();
        } catch (KuraException e) {
            throw new IllegalArgumentException(
                    "aggregator.token cannot be decrypted: set it again", e);
        }
    }

    /** Never shows the token. */
    @Override
    public String toString() {
        return "journal "
                + journalBytes
                + " bytes, aggregator "
                + aggregator.map(URI::toString).orElse("none")
                + ", images "
                + images
                + " at most "
                + imageBytesPerHour
                + " bytes per hour";
    }
}
