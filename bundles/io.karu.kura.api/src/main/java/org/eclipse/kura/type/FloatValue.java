package org.eclipse.kura.type;

/** A typed float. */
public class FloatValue implements TypedValue<Float> {

    private final float value;

    public FloatValue(float value) {
        this.value = value;
    }

    @Override
    public DataType getType() {
        return DataType.FLOAT;
    }

    @Override
    public Float getValue() {
        return this.value;
    }

    @Override
    public int compareTo(TypedValue<Float> other) {
        return getValue().compareTo(other.getValue());
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof FloatValue other && getValue().equals(other.getValue());
    }

    @Override
    public int hashCode() {
        return getValue().hashCode();
    }

    @Override
    public String toString() {
        return "FloatValue [value=" + this.value + "]";
    }
}
