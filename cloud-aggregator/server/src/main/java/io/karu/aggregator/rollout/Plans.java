package io.karu.aggregator.rollout;

import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** Checks of what people write into plans. */
final class Plans {
    private Plans() {}

    static void require(String what, String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(what + " is missing");
        }
    }

    static double share(String what, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(what + " is " + value + ": use 0 to 1");
        }
        return value;
    }

    static int between(String what, int least, int value, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " is " + value + ": use " + least + " to " + most);
        }
        return value;
    }

    /** In their order. */
    static Set<String> names(Collection<String> names) {
        return names == null ? Set.of() : Collections.unmodifiableSortedSet(new TreeSet<>(names));
    }
}
