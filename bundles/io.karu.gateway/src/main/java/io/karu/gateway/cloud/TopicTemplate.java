package io.karu.gateway.cloud;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A publisher's application topic: {@code $name} is replaced by the message's property of that
 * name, if it has one.
 */
record TopicTemplate(String text) {

    private static final Pattern TOKEN = Pattern.compile("\\$([^\\s/]+)");

    String fill(Map<String, Object> properties) {
        return TOKEN.matcher(text)
                .replaceAll(
                        token ->
                                Matcher.quoteReplacement(
                                        String.valueOf(
                                                properties.getOrDefault(
                                                        token.group(1), token.group()))));
    }
}
