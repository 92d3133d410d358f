package io.karu.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * An integer that depends on open dimensions: a polynomial in their names, in one canonical form,
 * so that equal expressions read equal. Immutable.
 */
final class Expression {
    /** An integer of which nothing is known. */
    static final Expression UNKNOWN = new Expression(null);

    static final Expression ZERO = of(0);
    static final Expression ONE = of(1);

    private static final int TERMS = 24;
    private static final int LENGTH = 200;
    private static final String PRODUCT = "\0";

    /** Coefficient by product of names, the constant under the empty product. */
    private final TreeMap<String, Long> terms;

    private Expression(TreeMap<String, Long> terms) {
        this.terms = terms;
    }

    static Expression of(long value) {
        TreeMap<String, Long> terms = new TreeMap<>();
        if (value != 0) {
            terms.put("", value);
        }
        return new Expression(terms);
    }

    static Expression named(String name) {
        return name.isEmpty() || name.length() > LENGTH
                ? UNKNOWN
                : new Expression(new TreeMap<>(Map.of(name, 1L)));
    }

    boolean isKnown() {
        return terms != null;
    }

    boolean isFixed() {
        return isKnown() && (terms.isEmpty() || terms.size() == 1 && terms.containsKey(""));
    }

    /** The value of a fixed expression. */
    long value() {
        if (!isFixed()) {
            throw new IllegalStateException(this + " is not fixed");
        }
        return terms.getOrDefault("", 0L);
    }

    boolean is(long value) {
        return isFixed() && value() == value;
    }

    Expression plus(Expression other) {
        return combined(other, 1);
    }

    Expression plus(long value) {
        return plus(of(value));
    }

    Expression minus(Expression other) {
        return combined(other, -1);
    }

    private Expression combined(Expression other, long sign) {
        if (!isKnown() || !other.isKnown()) {
            return UNKNOWN;
        }
        TreeMap<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((term, factor) -> add(sum, term, Math.multiplyExact(sign, factor)));
        return bounded(sum);
    }

    Expression times(Expression other) {
        if (is(0) || other.is(0)) {
            return ZERO;
        }
        if (!isKnown() || !other.isKnown() || terms.size() * other.terms.size() > TERMS) {
            return UNKNOWN;
        }
        TreeMap<String, Long> product = new TreeMap<>();
        terms.forEach(
                (a, x) ->
                        other.terms.forEach(
                                (b, y) -> add(product, product(a, b), Math.multiplyExact(x, y))));
        return bounded(product);
    }

    Expression times(long value) {
        return times(of(value));
    }

    /** Quotient rounded down; exact where the divisor divides each term. */
    Expression over(Expression divisor) {
        if (!isKnown() || !divisor.isKnown() || divisor.is(0)) {
            return UNKNOWN;
        }
        if (isFixed() && divisor.isFixed()) {
            return of(Math.floorDiv(value(), divisor.value()));
        }
        Expression exact = exactlyOver(divisor);
        if (exact.isKnown()) {
            return exact;
        }
        return named("floor(" + bracketed() + "/" + divisor.bracketed() + ")");
    }

    Expression over(long divisor) {
        return over(of(divisor));
    }

    /** Quotient rounded up. */
    Expression over(long divisor, boolean up) {
        return up ? plus(divisor - 1).over(divisor) : over(divisor);
    }

    private String bracketed() {
        return terms.size() > 1 ? "(" + this + ")" : toString();
    }

    private Expression exactlyOver(Expression divisor) {
        if (equals(divisor)) {
            return ONE;
        }
        if (divisor.terms.size() != 1) {
            return UNKNOWN;
        }
        String by = divisor.terms.firstKey();
        long factor = divisor.terms.get(by);
        TreeMap<String, Long> quotient = new TreeMap<>();
        for (Map.Entry<String, Long> term : terms.entrySet()) {
            String left = without(term.getKey(), by);
            if (left == null || term.getValue() % factor != 0) {
                return UNKNOWN;
            }
            quotient.put(left, term.getValue() / factor);
        }
        return new Expression(quotient);
    }

    private static String without(String product, String by) {
        if (by.isEmpty()) {
            return product;
        }
        List<String> left = new ArrayList<>(Arrays.asList(product.split(PRODUCT)));
        for (String name : by.split(PRODUCT)) {
            if (!left.remove(name)) {
                return null;
            }
        }
        return String.join(PRODUCT, left);
    }

    private static String product(String a, String b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a + b;
        }
        String[] names = (a + PRODUCT + b).split(PRODUCT);
        Arrays.sort(names);
        return String.join(PRODUCT, names);
    }

    private static void add(TreeMap<String, Long> sum, String term, long factor) {
        long total = Math.addExact(sum.getOrDefault(term, 0L), factor);
        if (total == 0) {
            sum.remove(term);
        } else {
            sum.put(term, total);
        }
    }

    private static Expression bounded(TreeMap<String, Long> terms) {
        boolean small =
                terms.size() <= TERMS
                        && terms.keySet().stream().mapToInt(String::length).sum() <= LENGTH;
        return small ? new Expression(terms) : UNKNOWN;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Expression expression
                && isKnown()
                && expression.isKnown()
                && terms.equals(expression.terms);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(terms);
    }

    @Override
    public String toString() {
        if (!isKnown()) {
            return "?";
        }
        if (terms.isEmpty()) {
            return "0";
        }
        StringBuilder text = new StringBuilder();
        terms.descendingMap()
                .forEach(
                        (term, factor) -> {
                            String sign = factor < 0 ? "-" : text.isEmpty() ? "" : "+";
                            long size = Math.abs(factor);
                            String names = term.replace(PRODUCT, "*");
                            text.append(sign)
                                    .append(
                                            names.isEmpty()
                                                    ? Long.toString(size)
                                                    : size == 1 ? names : size + "*" + names);
                        });
        return text.toString();
    }
}
