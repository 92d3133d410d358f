package io.karu.aggregator.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MLflow's search of the registry: conditions joined by AND ({@code name LIKE 'solder%' AND
 * tags.line = '1'}), an order and pages.
 */
final class MlflowSearch {
    private static final Pattern CONDITION =
            Pattern.compile(
                    "\\s*([\\w.`\"-]+)\\s*(=|!=|(?i:I?LIKE))\\s*(?:'([^']*)'|\"([^\"]*)\"|(\\d+))\\s*");
    private static final Pattern ORDER =
            Pattern.compile("\\s*`?([a-z_]+)`?(?:\\s+(ASC|DESC))?\\s*", Pattern.CASE_INSENSITIVE);

    private final List<Condition> conditions;
    private final List<String> order;
    private final int most;
    private final int from;

    /** One page and the token of the next. */
    record Page<T>(List<T> items, Optional<String> next) {}

    private record Condition(String attribute, String operator, String value) {
        boolean holds(String actual) {
            if (actual == null) {
                return false;
            }
            return switch (operator) {
                case "=" -> actual.equals(value);
                case "!=" -> !actual.equals(value);
                case "LIKE" -> like(0).matcher(actual).matches();
                default -> like(Pattern.CASE_INSENSITIVE).matcher(actual).matches();
            };
        }

        private Pattern like(int flags) {
            StringBuilder expression = new StringBuilder();
            for (char c : value.toCharArray()) {
                expression.append(
                        c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
            }
            return Pattern.compile(expression.toString(), flags | Pattern.DOTALL);
        }
    }

    private MlflowSearch(List<Condition> conditions, List<String> order, int most, int from) {
        this.conditions = conditions;
        this.order = order;
        this.most = most;
        this.from = from;
    }

    /**
     * Reads {@code filter}, {@code order_by}, {@code max_results} and {@code page_token}.
     *
     * @param otherwise size of a page when none is given
     * @param largest size of a page
     */
    static MlflowSearch of(JsonNode request, int otherwise, int largest) {
        long most = request.path("max_results").asLong(otherwise);
        if (most < 1 || most > largest) {
            throw MlflowRoutes.invalid(
                    "Invalid value for request parameter max_results: "
                            + most
                            + " is not in 1 to "
                            + largest);
        }
        List<String> order = new ArrayList<>();
        request.path("order_by").forEach(column -> order.add(column.asText()));
        return new MlflowSearch(
                conditions(request.path("filter").asText("")),
                order,
                (int) most,
                from(request.path("page_token").asText("")));
    }

    private static List<Condition> conditions(String filter) {
        List<Condition> conditions = new ArrayList<>();
        if (filter.isBlank()) {
            return conditions;
        }
        Matcher matcher = CONDITION.matcher(filter);
        int at = 0;
        while (true) {
            matcher.region(at, filter.length());
            if (!matcher.lookingAt()) {
                throw unreadable(filter);
            }
            String value =
                    matcher.group(3) != null
                            ? matcher.group(3)
                            : matcher.group(4) != null ? matcher.group(4) : matcher.group(5);
            conditions.add(
                    new Condition(
                            matcher.group(1).replaceAll("[`\"]", ""),
                            matcher.group(2).toUpperCase(Locale.ROOT),
                            value));
            at = matcher.end();
            if (at == filter.length()) {
                return conditions;
            }
            if (!filter.regionMatches(true, at, "AND ", 0, 4)) {
                throw unreadable(filter);
            }
            at += 4;
        }
    }

    private static RuntimeException unreadable(String filter) {
        return MlflowRoutes.invalid(
                "Invalid filter string: " + filter + "; use name LIKE 'a%' AND tags.key = 'value'");
    }

    /** The tag that an attribute names. */
    static String tag(String attribute) {
        for (String prefix : List.of("tags.", "tag.")) {
            if (attribute.startsWith(prefix)) {
                return attribute.substring(prefix.length());
            }
        }
        throw MlflowRoutes.invalid("Invalid attribute key '" + attribute + "' in the filter");
    }

    private static int from(String token) {
        if (token.isEmpty()) {
            return 0;
        }
        try {
            return Integer.parseUnsignedInt(
                    new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw MlflowRoutes.invalid("Invalid page token " + token);
        }
    }

    /**
     * @param attribute the value of an attribute named in the filter
     * @param columns what can be ordered by
     */
    <T> Page<T> page(
            List<T> all,
            BiFunction<String, T, String> attribute,
            Map<String, Function<T, Comparable<?>>> columns) {
        List<T> fitting =
                all.stream()
                        .filter(
                                item ->
                                        conditions.stream()
                                                .allMatch(
                                                        c ->
                                                                c.holds(
                                                                        attribute.apply(
                                                                                c.attribute(),
                                                                                item))))
                        .sorted(comparator(columns))
                        .toList();
        int begin = Math.min(from, fitting.size());
        int end = (int) Math.min((long) begin + most, fitting.size());
        return new Page<>(
                fitting.subList(begin, end),
                end < fitting.size()
                        ? Optional.of(
                                Base64.getUrlEncoder()
                                        .withoutPadding()
                                        .encodeToString(
                                                Integer.toString(end)
                                                        .getBytes(StandardCharsets.UTF_8)))
                        : Optional.empty());
    }

    private <T> Comparator<T> comparator(Map<String, Function<T, Comparable<?>>> columns) {
        Comparator<T> comparator = (a, b) -> 0;
        for (String wanted : order) {
            Matcher matcher = ORDER.matcher(wanted);
            if (!matcher.matches() || !columns.containsKey(matcher.group(1))) {
                throw MlflowRoutes.invalid(
                        "Invalid order_by '" + wanted + "'; use one of " + columns.keySet());
            }
            Comparator<T> column = by(columns.get(matcher.group(1)));
            comparator =
                    comparator.thenComparing(
                            "DESC".equalsIgnoreCase(matcher.group(2)) ? column.reversed() : column);
        }
        return comparator;
    }

    @SuppressWarnings("unchecked")
    private static <T> Comparator<T> by(Function<T, Comparable<?>> column) {
        return Comparator.comparing(item -> (Comparable<Object>) column.apply(item));
    }
}
