package io.karu.aggregator.rollout;

import java.math.BigDecimal;
import java.util.Locale;

/** Numbers as the sentences of gates show them. */
final class Figures {
    private Figures() {}

    /** At most two decimals, none that say nothing. */
    static String number(double value) {
        return BigDecimal.valueOf(Math.round(value * 100), 2).stripTrailingZeros().toPlainString();
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }
}
