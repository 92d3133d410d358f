package io.karu.modelversion;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelRef;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header {@code Karu-Model} of a model bundle: {@code name;version="label";digest="sha256:…"}.
 *
 * @param version the author's label
 */
public record ModelHeader(String name, String version, Digest digest) {
    /** Name of the header. */
    public static final String NAME = "Karu-Model";

    /** Folder of the version inside the bundle, with its final slash. */
    public static final String FOLDER = "karu-model/";

    /** The signed release's path in a model bundle; beside the folder: a digest cannot hold it. */
    public static final String RELEASE = "karu-model.release.json";

    private static final Pattern FORM =
            Pattern.compile(
                    "\\s*([^;\\s]+)\\s*;\\s*version=\"([^\"]*)\"\\s*;\\s*digest=\"([^\"]*)\"\\s*");

    public ModelHeader {
        ModelRef.requireName(name);
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(digest, "digest");
    }

    /** Reads the header's value. IllegalArgumentException says what is wrong. */
    public static ModelHeader parse(String value) {
        Matcher m = FORM.matcher(value);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    NAME + ": " + value + ": expected name;version=\"label\";digest=\"sha256:…\"");
        }
        return new ModelHeader(m.group(1), m.group(2), new Digest(m.group(3)));
    }

    @Override
    public String toString() {
        return name + ";version=\"" + version + "\";digest=\"" + digest + "\"";
    }
}
