package io.karu.gateway.configuration;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.Scalar;

/** Texts, types and values of configuration properties: a scalar, or an array of boxed scalars. */
public final class ScalarValues {

    private ScalarValues() {}

    /**
     * @throws IllegalArgumentException when the text is no value of that type
     */
    public static Object parse(Scalar type, String text) {
        try {
            return switch (type) {
                case STRING -> text;
                case PASSWORD -> new Password(text);
                case LONG -> Long.valueOf(text.trim());
                case DOUBLE -> Double.valueOf(text.trim());
                case FLOAT -> Float.valueOf(text.trim());
                case INTEGER -> Integer.valueOf(text.trim());
                case BYTE -> Byte.valueOf(text.trim());
                case SHORT -> Short.valueOf(text.trim());
                case CHAR -> text.charAt(0);
                case BOOLEAN -> Boolean.valueOf(text.trim());
            };
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no " + type.value(), e);
        }
    }

    /** An array of the type's boxed class. */
    public static Object[] array(Scalar type, List<?> values) {
        Object[] array = (Object[]) Array.newInstance(classOf(type), values.size());
        return values.toArray(array);
    }

    /** Absent for a value that a configuration cannot hold. */
    public static Optional<Scalar> typeOf(Object value) {
        if (value == null) {
            return Optional.empty();
        }
        Class<?> type =
                value.getClass().isArray() ? value.getClass().getComponentType() : value.getClass();
        for (Scalar scalar : Scalar.values()) {
            if (classOf(scalar) == type) {
                return Optional.of(scalar);
            }
        }
        return Optional.empty();
    }

    /**
     * The value that the metatype gives an attribute. As on Kura, an empty default is none; every
     * default is split at the commas that no backslash precedes, and a cardinality of 0, 1 or -1
     * makes a scalar of the first part.
     */
    static Optional<Object> defaultOf(AD attribute) {
        if (attribute.getDefault() == null || attribute.getDefault().isEmpty()) {
            return Optional.empty();
        }
        List<Object> values = new ArrayList<>();
        for (String part : split(attribute.getDefault())) {
            values.add(parse(attribute.getType(), part));
        }
        return Optional.of(
                Math.abs(attribute.getCardinality()) <= 1
                        ? values.get(0)
                        : array(attribute.getType(), values));
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split("(?<!\\\\),", -1)) {
            parts.add(part.strip().replaceAll("\\\\(.)", "$1"));
        }
        return parts;
    }

    private static Class<?> classOf(Scalar type) {
        return switch (type) {
            case STRING -> String.class;
            case LONG -> Long.class;
            case DOUBLE -> Double.class;
            case FLOAT -> Float.class;
            case INTEGER -> Integer.class;
            case BYTE -> Byte.class;
            case CHAR -> Character.class;
            case BOOLEAN -> Boolean.class;
            case SHORT -> Short.class;
            case PASSWORD -> Password.class;
        };
    }
}
