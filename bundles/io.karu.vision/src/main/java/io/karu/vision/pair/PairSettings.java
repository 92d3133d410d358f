package io.karu.vision.pair;

import io.karu.api.model.ModelCard;
import java.util.Map;
import java.util.TreeMap;

/**
 * How candidates are found and cut out; part of a detector's card (docs/contracts.md §4).
 *
 * @param reach how far the template may lie off the image, in pixels, 0 to 16
 * @param smallestOpening side in pixels of the smallest square that a difference must hold, 1 to 16
 * @param largestOpening differences are also looked at by themselves after each larger opening up
 *     to this one: what touches edge noise under a small opening stands alone under a larger one
 * @param leastSize candidates whose longer side is shorter than this many pixels are dropped
 * @param apart candidates whose centres are at most this many pixels apart are one
 * @param most candidates per frame at most: the time of a frame is bounded
 */
public record PairSettings(
        int reach, int smallestOpening, int largestOpening, int leastSize, int apart, int most) {
    /** What finds all but four of the 2,775 defects of DeepPCB's training pairs. */
    public static final PairSettings DEFAULT = new PairSettings(6, 2, 3, 5, 6, 256);

    public PairSettings {
        require("reach", reach, 0, 16);
        require("smallestOpening", smallestOpening, 1, 16);
        require("largestOpening", largestOpening, smallestOpening, 16);
        require("leastSize", leastSize, 1, 64);
        require("apart", apart, 0, 256);
        require("most", most, 1, 4096);
    }

    /** Those that a card names. IllegalArgumentException names the parameter that is wrong. */
    public static PairSettings of(ModelCard card) {
        return new PairSettings(
                (int) card.parameter("reach"),
                (int) card.parameter("smallestOpening"),
                (int) card.parameter("largestOpening"),
                (int) card.parameter("leastSize"),
                (int) card.parameter("apart"),
                (int) card.parameter("most"));
    }

    /** As a card's parameters. */
    public Map<String, Double> parameters() {
        Map<String, Double> all = new TreeMap<>();
        all.put("reach", (double) reach);
        all.put("smallestOpening", (double) smallestOpening);
        all.put("largestOpening", (double) largestOpening);
        all.put("leastSize", (double) leastSize);
        all.put("apart", (double) apart);
        all.put("most", (double) most);
        return all;
    }

    private static void require(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " must be " + least + " to " + most + ", was " + value);
        }
    }
}
