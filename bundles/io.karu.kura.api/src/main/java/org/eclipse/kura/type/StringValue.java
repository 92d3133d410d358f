package org.eclipse.kura.type;

import java.util.Objects;

/** A typed String. */
public class StringValue implements TypedValue<String> {

    private final String value;

    public StringValue(String value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    @Override
    public DataType getType() {
        return DataType.STRING;
    }

    @Override
    public String getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<String> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof StringValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "StringValue [value=" + this.value + "]";
    }
}
