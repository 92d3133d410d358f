package io.karu.training.classification;

import io.karu.learning.data.DataSet;
import io.karu.learning.data.Part;
import io.karu.learning.data.Sample;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What is learned from and what is only scored.
 *
 * @param name for a person
 */
record Split(String name, DataSet training, DataSet test) {
    /** Columns that hold samples together: their samples are never divided. */
    private static final List<String> GROUPS = List.of("group", "dup_group");

    private static final double HELD_OUT = 0.2;

    Split {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(training, "training");
        Objects.requireNonNull(test, "test");
    }

    /** The samples whose class is one of those; all when none are named. */
    static DataSet only(DataSet data, List<String> labels) {
        if (labels.isEmpty()) {
            return data;
        }
        for (String label : labels) {
            if (!data.labels().contains(label)) {
                throw new IllegalArgumentException(
                        "no class " + label + " in " + data.name() + "; it has " + data.labels());
            }
        }
        DataSet kept = data.filter(s -> s.label().isEmpty() || labels.contains(s.label().get()));
        return new DataSet(kept.name(), kept.layout(), labels, kept.samples());
    }

    /**
     * The data's own parts where it has a test part; otherwise the fold of its column {@code fold}
     * that is held out; otherwise a fifth of the groups, drawn by the seed.
     *
     * @param fold empty for none
     */
    static Split of(DataSet data, String fold, long seed) {
        if (!fold.isEmpty()) {
            if (data.samples().stream().noneMatch(s -> s.attribute("fold").equals(fold))) {
                throw new IllegalArgumentException(
                        "--fold " + fold + ": no sample has it in its column fold");
            }
            return by(data, "fold " + fold, s -> s.attribute("fold").equals(fold));
        }
        if (data.samples().stream().anyMatch(s -> s.part() == Part.TEST)) {
            return by(data, "its own parts", s -> s.part() == Part.TEST);
        }
        TreeSet<String> groups = new TreeSet<>();
        data.samples().forEach(s -> groups.add(group(s)));
        SplittableRandom random = new SplittableRandom(seed);
        TreeSet<String> held = new TreeSet<>();
        groups.forEach(
                g -> {
                    if (random.nextDouble() < HELD_OUT) {
                        held.add(g);
                    }
                });
        return by(data, "a fifth of the groups, seed " + seed, s -> held.contains(group(s)));
    }

    private static String group(Sample sample) {
        for (String column : GROUPS) {
            if (!sample.attribute(column).isEmpty()) {
                return sample.attribute(column);
            }
        }
        return sample.id();
    }

    private static Split by(DataSet data, String name, Predicate<Sample> isTest) {
        return new Split(name, data.filter(isTest.negate()), data.filter(isTest));
    }
}
