package io.karu.onnx;

import java.util.HashMap;
import java.util.Map;

/** Dimensions as expressions and back, for one run of shape inference. */
final class Symbols {
    private final Map<String, Expression> expressions = new HashMap<>();

    Expression expression(Dimension dimension) {
        if (!dimension.isOpen()) {
            return Expression.of(dimension.size());
        }
        return expressions.getOrDefault(dimension.symbol(), Expression.named(dimension.symbol()));
    }

    /** The dimension of that size; a negative size becomes 0, as operators that cut do. */
    Dimension dimension(Expression expression) {
        if (!expression.isKnown()) {
            return Dimension.UNKNOWN;
        }
        if (expression.isFixed()) {
            return Dimension.of(Math.max(0, expression.value()));
        }
        String symbol = expression.toString();
        expressions.put(symbol, expression);
        return Dimension.open(symbol);
    }
}
