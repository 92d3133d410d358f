package org.eclipse.kura.type;

/** A typed double. */
public class DoubleValue implements TypedValue<Double> {

    private final double value;

    public DoubleValue(double value) {
        this.value = value;
    }

    @Override
    public DataType getType() {
        return DataType.DOUBLE;
    }

    @Override
    public Double getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<Double> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof DoubleValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "DoubleValue [value=" + this.value + "]";
    }
}
