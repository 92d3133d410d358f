package org.eclipse.kura.type;

/** The type of a value. */
public enum DataType {
    BOOLEAN,
    BYTE_ARRAY,
    DOUBLE,
    INTEGER,
    LONG,
    FLOAT,
    STRING;

    /**
     * The type with this name, in upper or lower case.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static DataType getDataType(String stringDataType) {
        for (final DataType candidate : values()) {
            if (candidate.name().equalsIgnoreCase(stringDataType)) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("No type of data is called \"" + stringDataType + "\"");
    }
}
