package org.eclipse.kura.identity;

import java.util.Objects;

/** A permission by name, for instance {@code rest.inventory}. */
public class Permission {

    private final String name;

    public Permission(String name) {
        this.name = name;
    }

    public String getName() {
        return this.name;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Permission other && Objects.equals(this.name, other.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(this.name);
    }
}
