package org.eclipse.kura.type;

/** A typed boolean. */
public class BooleanValue implements TypedValue<Boolean> {

    private final boolean value;

    public BooleanValue(boolean value) {
        this.value = value;
    }

    @Override
    public DataType getType() {
        return DataType.BOOLEAN;
    }

    @Override
    public Boolean getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<Boolean> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof BooleanValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "BooleanValue [value=" + this.value + "]";
    }
}
