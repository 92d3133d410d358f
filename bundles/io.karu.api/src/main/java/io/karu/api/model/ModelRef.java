package io.karu.api.model;

import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a recipe says of its model: {@code name} (the alias {@code champion}), {@code name@alias},
 * or {@code name#digest} where the digest is {@code sha256:…} or at least its first 12 hexadecimal
 * digits.
 */
public record ModelRef(String name, Selector selector) {
    /** The alias that a bare name means. */
    public static final String CHAMPION = "champion";

    /** The alias of a version that runs in the champion's shadow and decides nothing. */
    public static final String CHALLENGER = "challenger";

    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?");
    private static final Pattern FORM =
            Pattern.compile(
                    "([^@#]+)(?:@([a-z0-9][a-z0-9._-]{0,62})|#((?:sha256:)?[0-9a-f]{12,64}))?");

    /** Either an alias or a digest prefix. */
    public sealed interface Selector permits Alias, Pinned {}

    /** A movable name. */
    public record Alias(String alias) implements Selector {}

    /** A fixed version, by the first hexadecimal digits of its digest. */
    public record Pinned(String hexPrefix) implements Selector {}

    public ModelRef {
        Objects.requireNonNull(selector, "selector");
        requireName(name);
    }

    /**
     * Checks a model name: lower-case letters, digits, {@code . _ -}, at most 64, first and last a
     * letter or digit.
     */
    public static String requireName(String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "model name \""
                            + name
                            + "\": use lower-case letters, digits, '.', '_' or '-', at most 64 characters");
        }
        return name;
    }

    /** Parses a reference; IllegalArgumentException names what is wrong. */
    public static ModelRef parse(String text) {
        Matcher m = FORM.matcher(text == null ? "" : text.trim());
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "model \""
                            + text
                            + "\": expected name, name@alias or name#digest (12 to 64 hexadecimal digits)");
        }
        if (m.group(3) != null) {
            return new ModelRef(m.group(1), new Pinned(m.group(3).replace("sha256:", "")));
        }
        return new ModelRef(m.group(1), new Alias(m.group(2) == null ? CHAMPION : m.group(2)));
    }

    /** The reference to another alias of the same name. */
    public ModelRef withAlias(String alias) {
        return new ModelRef(name, new Alias(alias));
    }

    /** The alias, absent when pinned. */
    public Optional<String> alias() {
        return selector instanceof Alias a ? Optional.of(a.alias()) : Optional.empty();
    }

    @Override
    public String toString() {
        return name
                + (selector instanceof Alias a
                        ? "@" + a.alias()
                        : "#" + ((Pinned) selector).hexPrefix());
    }
}
