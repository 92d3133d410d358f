package io.karu.training.detection;

import io.karu.training.detection.PairSample.Mark;
import io.karu.vision.Box;
import io.karu.vision.pair.PairCandidates;
import io.karu.vision.pair.PairSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the places that the network learns from: every candidate, and every defect's own centre. A
 * candidate belongs to the defect in whose box, grown a little, its centre lies; to the nearest if
 * there are several.
 */
final class Places {
    private static final int GROWN = 6;

    private final PairCandidates candidates;
    private final int background;

    Places(PairSettings settings, int classes) {
        candidates = new PairCandidates(settings);
        background = classes;
    }

    /**
     * Places of samples, sample by sample.
     *
     * @param first index of the first sample among all
     * @param mostBackground candidates of a sample that are kept though they are no defect
     */
    List<Place> of(List<PairSample> samples, int first, int mostBackground) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            add(samples.get(i), first + i, mostBackground, places);
        }
        return places;
    }

    private void add(PairSample sample, int index, int mostBackground, List<Place> places) {
        int count = candidates.find(sample.image(), sample.template());
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int x = candidates.x(i);
            int y = candidates.y(i);
            Mark near = nearest(sample.marks(), x, y);
            if (near == null && kept++ >= mostBackground) {
                continue;
            }
            places.add(
                    new Place(
                            index,
                            x,
                            y,
                            candidates.right(i),
                            candidates.down(i),
                            near == null ? background : near.type(),
                            near == null ? null : near.box()));
        }
        for (Mark defect : sample.marks()) {
            Box box = defect.box();
            int x = Math.min(sample.image().width() - 1, box.x() + box.width() / 2);
            int y = Math.min(sample.image().height() - 1, box.y() + box.height() / 2);
            places.add(
                    new Place(
                            index,
                            x,
                            y,
                            candidates.rightAt(x, y),
                            candidates.downAt(x, y),
                            defect.type(),
                            box));
        }
    }

    private static Mark nearest(List<Mark> defects, int x, int y) {
        Mark nearest = null;
        double least = Double.MAX_VALUE;
        for (Mark defect : defects) {
            Box box = defect.box();
            boolean inside =
                    x >= box.x() - GROWN
                            && x < box.x() + box.width() + GROWN
                            && y >= box.y() - GROWN
                            && y < box.y() + box.height() + GROWN;
            double distance =
                    Math.hypot(box.x() + box.width() / 2.0 - x, box.y() + box.height() / 2.0 - y);
            if (inside && distance < least) {
                least = distance;
                nearest = defect;
            }
        }
        return nearest;
    }
}
