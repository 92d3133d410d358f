package org.eclipse.kura.type;

/** A typed int. */
public class IntegerValue implements TypedValue<Integer> {

    private final int value;

    public IntegerValue(int value) {
        this.value = value;
    }

    @Override
    public DataType getType() {
        return DataType.INTEGER;
    }

    @Override
    public Integer getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<Integer> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof IntegerValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "IntegerValue [value=" + this.value + "]";
    }
}
