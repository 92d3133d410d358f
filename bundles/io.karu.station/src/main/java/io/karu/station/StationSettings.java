package io.karu.station;

import io.karu.api.inspection.Decision;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelRef;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A station's recipe, checked.
 *
 * @param folder the folder that is watched; absent when frames are only pushed
 * @param after what happens to a file after its verdict
 * @param template where templates come from
 * @param reference the template of every frame, for {@link Template#FILE}
 * @param model which model decides
 * @param threshold 0 to 1; absent means the model's own
 * @param product which product's threshold of the model applies; empty for the model's own
 * @param rejectLabels classes that speak against a part; empty for those that the model says
 * @param rejectMinFindings findings that make a reject
 * @param reviewMargin scores this close to the threshold are for a person
 * @param queuePolicy what happens when the line is too fast
 * @param queueSize frames that may wait before the policy applies
 * @param publish which verdicts leave the gateway
 * @param publishSample one of this many accepted frames leaves under {@link Publish#SAMPLED}
 * @param keepImages which frames' images go to the spool
 * @param shadowShare share of one processor that a challenger may take; 0: none runs here
 */
record StationSettings(
        Optional<Path> folder,
        After after,
        Template template,
        Optional<Path> reference,
        ModelRef model,
        OptionalDouble threshold,
        String product,
        Set<String> rejectLabels,
        int rejectMinFindings,
        double reviewMargin,
        QueuePolicy queuePolicy,
        int queueSize,
        Publish publish,
        int publishSample,
        KeepImages keepImages,
        double shadowShare) {

    enum Source {
        FOLDER,
        POST
    }

    enum After {
        DELETE,
        MOVE
    }

    enum Template {
        PAIR,
        FILE,
        NONE
    }

    enum Publish {
        ALL,
        REJECTS,
        SAMPLED
    }

    enum KeepImages {
        ALL,
        REJECTS,
        NONE;

        boolean keeps(Decision decision) {
            return this == ALL || this == REJECTS && decision != Decision.ACCEPT;
        }
    }

    StationSettings {
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(reference, "reference");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(threshold, "threshold");
        Objects.requireNonNull(product, "product");
        rejectLabels = Set.copyOf(rejectLabels);
    }

    /** The threshold for a model: the recipe's, the product's, or the model's own. */
    double threshold(ModelCard card) {
        if (threshold.isPresent()) {
            return threshold.getAsDouble();
        }
        return card.parameter(product.isEmpty() ? "threshold" : "threshold." + product);
    }

    /**
     * Reads a component's properties; what is absent has its default.
     *
     * @throws IllegalArgumentException naming the property, its value and what is allowed
     */
    static StationSettings parse(Map<String, ?> properties) {
        Reader reader = new Reader(properties);
        boolean watches = reader.choice("source", Source.FOLDER) == Source.FOLDER;
        Template template = reader.choice("source.template", Template.PAIR);
        double threshold = reader.number("threshold", -1, -1, 1);
        if (threshold < 0 && threshold != -1) {
            throw new IllegalArgumentException(
                    "threshold is " + threshold + ": 0 to 1, or -1 for the model's own");
        }
        return new StationSettings(
                watches
                        ? Optional.of(reader.path("source.folder", "the folder to watch"))
                        : Optional.empty(),
                reader.choice("source.after", After.DELETE),
                template,
                template == Template.FILE
                        ? Optional.of(reader.path("source.template.path", "the template image"))
                        : Optional.empty(),
                reader.model(),
                threshold < 0 ? OptionalDouble.empty() : OptionalDouble.of(threshold),
                reader.text("product", "").trim(),
                reader.words("reject.labels"),
                reader.integer("reject.min.findings", 1, 1, 1000),
                reader.number("review.margin", 0, 0, 0.5),
                reader.choice("queue.policy", QueuePolicy.WAIT),
                reader.integer("queue.size", 8, 1, 1000),
                reader.choice("publish", Publish.ALL),
                reader.integer("publish.sample", 10, 1, 1_000_000),
                reader.choice("keep.images", KeepImages.REJECTS),
                reader.number("shadow.share", 0.2, 0, 1));
    }

    private record Reader(Map<String, ?> properties) {
        ModelRef model() {
            String text = text("model", "golden-template");
            try {
                ModelRef model = ModelRef.parse(text);
                if (model.alias().equals(Optional.of(ModelRef.CHALLENGER))) {
                    throw new IllegalArgumentException(
                            "a challenger decides nothing; name the model alone or another alias");
                }
                return model;
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("model is \"" + text + "\": " + e.getMessage());
            }
        }

        Path path(String key, String what) {
            String text = text(key, "").trim();
            try {
                if (!text.isEmpty() && Path.of(text).isAbsolute()) {
                    return Path.of(text).normalize();
                }
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(key + " is \"" + text + "\": " + e.getReason());
            }
            throw new IllegalArgumentException(
                    key + " is \"" + text + "\": give " + what + " as an absolute path");
        }

        <E extends Enum<E>> E choice(String key, E otherwise) {
            String text = text(key, otherwise.name().toLowerCase(Locale.ROOT)).trim();
            E[] choices = otherwise.getDeclaringClass().getEnumConstants();
            for (E choice : choices) {
                if (choice.name().equalsIgnoreCase(text)) {
                    return choice;
                }
            }
            String allowed =
                    Arrays.stream(choices)
                            .map(choice -> choice.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "));
            throw new IllegalArgumentException(key + " is \"" + text + "\": one of " + allowed);
        }

        int integer(String key, int otherwise, int least, int most) {
            double value = number(key, otherwise, least, most);
            if (value != Math.rint(value)) {
                throw new IllegalArgumentException(
                        key + " is " + value + ": a whole number is needed");
            }
            return (int) value;
        }

        double number(String key, double otherwise, double least, double most) {
            Object value = properties.get(key);
            if (value == null) {
                return otherwise;
            }
            if (!(value instanceof Number number)) {
                throw new IllegalArgumentException(
                        key + " is \"" + value + "\": a number is needed");
            }
            double measured = number.doubleValue();
            if (!(measured >= least && measured <= most)) {
                throw new IllegalArgumentException(
                        key
                                + " is "
                                + value
                                + ": "
                                + plain(least)
                                + " to "
                                + plain(most)
                                + " is allowed");
            }
            return measured;
        }

        Set<String> words(String key) {
            return Arrays.stream(text(key, "").split(","))
                    .map(String::trim)
                    .filter(word -> !word.isEmpty())
                    .collect(Collectors.toSet());
        }

        private String text(String key, String otherwise) {
            Object value = properties.get(key);
            if (value == null) {
                return otherwise;
            }
            if (!(value instanceof String text)) {
                throw new IllegalArgumentException(key + " is " + value + ": a text is needed");
            }
            return text;
        }

        private static String plain(double bound) {
            return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
        }
    }
}
