package io.karu.api.model;

import java.util.regex.Pattern;

/**
 * Content address: {@code sha256:} and 64 lower-case hexadecimal digits.
 *
 * <p>The digest of a model version is the SHA-256 of the text made of one line per file of the
 * version, sorted by path: the file's own SHA-256 in hexadecimal, two spaces, its path with {@code
 * /}, a line feed (the output format of sha256sum).
 */
public record Digest(String value) {
    private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

    public Digest {
        if (value == null || !FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a digest (sha256:<64 hex>): " + value);
        }
    }

    /** The 64 hexadecimal digits without the algorithm. */
    public String hex() {
        return value.substring("sha256:".length());
    }

    /** The first 12 hexadecimal digits, for a person. */
    public String abbreviated() {
        return hex().substring(0, 12);
    }

    @Override
    public String toString() {
        return value;
    }
}
