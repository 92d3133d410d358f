package io.karu.training.detection;

import io.karu.learning.data.DataSet;
import io.karu.learning.data.Part;
import io.karu.learning.data.Sample;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which pairs train and which validate: whole designs are held out, so that validation says what a
 * new design will see.
 *
 * @param training pairs to train on
 * @param validation pairs of the designs held out
 * @param name of the split, for a person
 */
record HeldOut(DataSet training, DataSet validation, String name) {
    /** One in so many is held out. */
    private static final int EACH = 4;

    /**
     * Splits the training part of the data.
     *
     * @param designs names with commas; empty: the smallest designs that together hold at least a
     *     quarter of the pairs; every fourth pair where designs are unknown
     * @throws IllegalArgumentException when a design is not there, or nothing is left to train on
     */
    static HeldOut of(DataSet data, String designs) {
        DataSet pairs = trained(data);
        if (pairs.samples().isEmpty()) {
            throw new IllegalArgumentException(
                    data.name() + " holds no image with a template to train on");
        }
        Map<String, Integer> counts = new TreeMap<>();
        pairs.samples().forEach(each -> counts.merge(PairSamples.design(each), 1, Integer::sum));
        Set<String> chosen = new LinkedHashSet<>();
        for (String word : designs.isEmpty() ? new String[0] : designs.split(",")) {
            if (!counts.containsKey(word.trim())) {
                throw new IllegalArgumentException(
                        "no design " + word.trim() + "; there are " + counts.keySet());
            }
            chosen.add(word.trim());
        }
        if (chosen.isEmpty() && counts.size() > 2) {
            chosen.addAll(smallest(counts, pairs.samples().size() / EACH));
        }
        if (chosen.isEmpty()) {
            List<Sample> all = pairs.samples();
            Set<String> every = new LinkedHashSet<>();
            for (int i = EACH - 1; i < all.size(); i += EACH) {
                every.add(all.get(i).id());
            }
            return checked(
                    pairs.filter(each -> !every.contains(each.id())),
                    pairs.filter(each -> every.contains(each.id())),
                    "every fourth pair held out");
        }
        return checked(
                pairs.filter(each -> !chosen.contains(PairSamples.design(each))),
                pairs.filter(each -> chosen.contains(PairSamples.design(each))),
                "designs " + String.join(", ", chosen) + " held out");
    }

    /** Pairs that are for training: the training part, or all where there are no parts. */
    static DataSet trained(DataSet data) {
        DataSet pairs = data.filter(each -> each.template().isPresent());
        DataSet training = pairs.part(Part.TRAINING);
        return training.samples().isEmpty()
                ? pairs.filter(each -> each.part() == Part.NONE)
                : training;
    }

    private static List<String> smallest(Map<String, Integer> counts, int wanted) {
        List<String> names = new ArrayList<>(counts.keySet());
        names.sort((a, b) -> counts.get(a) - counts.get(b));
        List<String> chosen = new ArrayList<>();
        int held = 0;
        for (String name : names) {
            if (held < wanted) {
                chosen.add(name);
                held += counts.get(name);
            }
        }
        return chosen;
    }

    private static HeldOut checked(DataSet training, DataSet validation, String name) {
        if (training.samples().isEmpty()) {
            throw new IllegalArgumentException("nothing is left to train on with " + name);
        }
        return new HeldOut(training, validation, name);
    }
}
