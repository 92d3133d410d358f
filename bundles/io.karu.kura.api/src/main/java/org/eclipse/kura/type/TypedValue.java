package org.eclipse.kura.type;

import org.osgi.annotation.versioning.ProviderType;

/**
 * An immutable value and its type.
 *
 * @param <T> the Java type of the value
 */
@ProviderType
public interface TypedValue<T> extends Comparable<TypedValue<T>> {

    DataType getType();

    T getValue();
}
