package io.karu.learning.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One image with what is known of it.
 *
 * @param id unique in its data set: the image's path below the root, with {@code /}, or its name in
 *     a list
 * @param image the file
 * @param part what it is for
 * @param label class of the whole image; absent where only boxes are labelled
 * @param annotations what is marked in it
 * @param template the defect-free image that belongs to it
 * @param mask gray image of its size: white where it is defective
 * @param attributes further columns by name, for instance {@code fold} or {@code product}
 */
public record Sample(
        String id,
        Path image,
        Part part,
        Optional<String> label,
        List<Annotation> annotations,
        Optional<Path> template,
        Optional<Path> mask,
        Map<String, String> attributes) {
    /** Attribute: which product the image shows, where a data set holds several. */
    public static final String PRODUCT = "product";

    private static final Set<String> GOOD = Set.of("good", "normal", "ok", "free", "mt_free");

    public Sample {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(part, "part");
        Objects.requireNonNull(label, "label");
        annotations = List.copyOf(annotations);
        Objects.requireNonNull(template, "template");
        Objects.requireNonNull(mask, "mask");
        attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
    }

    /** An attribute; empty when there is none of that name. */
    public String attribute(String name) {
        return attributes.getOrDefault(name, "");
    }

    /**
     * Whether it shows a good part: nothing is marked in it, and its class, if it has one, is good,
     * normal, ok, Free or MT_Free.
     */
    public boolean isGood() {
        return annotations.isEmpty()
                && label.map(given -> GOOD.contains(given.toLowerCase(Locale.ROOT))).orElse(true);
    }

    /** Begins a sample. */
    public static Builder of(String id, Path image) {
        return new Builder(id, image);
    }

    /** Collects a sample. */
    public static final class Builder {
        private final String id;
        private final Path image;
        private final List<Annotation> annotations = new ArrayList<>();
        private final Map<String, String> attributes = new TreeMap<>();
        private Part part = Part.NONE;
        private Optional<String> label = Optional.empty();
        private Optional<Path> template = Optional.empty();
        private Optional<Path> mask = Optional.empty();

        private Builder(String id, Path image) {
            this.id = id;
            this.image = image;
        }

        public Builder part(Part value) {
            part = value;
            return this;
        }

        public Builder label(String value) {
            label = Optional.of(value);
            return this;
        }

        public Builder annotation(Annotation value) {
            annotations.add(value);
            return this;
        }

        public Builder template(Path file) {
            template = Optional.of(file);
            return this;
        }

        public Builder mask(Path file) {
            mask = Optional.of(file);
            return this;
        }

        public Builder attribute(String name, String value) {
            attributes.put(name, value);
            return this;
        }

        public Sample build() {
            return new Sample(id, image, part, label, annotations, template, mask, attributes);
        }
    }
}
