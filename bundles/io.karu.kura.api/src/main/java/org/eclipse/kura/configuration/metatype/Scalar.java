package org.eclipse.kura.configuration.metatype;

/** The type of an attribute. */
public enum Scalar {
    STRING("String"),
    LONG("Long"),
    DOUBLE("Double"),
    FLOAT("Float"),
    INTEGER("Integer"),
    BYTE("Byte"),
    CHAR("Char"),
    BOOLEAN("Boolean"),
    SHORT("Short"),
    PASSWORD("Password");

    private final String value;

    Scalar(String value) {
        this.value = value;
    }

    public String value() {
        return this.value;
    }

    /**
     * The constant with this value.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Scalar fromValue(String v) {
        for (final Scalar candidate : values()) {
            if (candidate.value.equals(v)) {
                return candidate;
            }
        }
        throw new IllegalArgumentException(v);
    }
}
