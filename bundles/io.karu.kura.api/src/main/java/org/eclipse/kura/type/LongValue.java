package org.eclipse.kura.type;

/** A typed long. */
public class LongValue implements TypedValue<Long> {

    private final long value;

    public LongValue(long value) {
        this.value = value;
    }

    @Override
    public DataType getType() {
        return DataType.LONG;
    }

    @Override
    public Long getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<Long> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof LongValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "LongValue [value=" + this.value + "]";
    }
}
