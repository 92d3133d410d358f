package org.eclipse.kura.identity;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The name of an identity and the parts of its configuration that were asked for. */
public class IdentityConfiguration {

    private final String name;
    private final List<IdentityConfigurationComponent> components;

    public IdentityConfiguration(String name, List<IdentityConfigurationComponent> components) {
        this.name = name;
        this.components = components;
    }

    public String getName() {
        return this.name;
    }

    public List<IdentityConfigurationComponent> getComponents() {
        return this.components;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof IdentityConfiguration other
                && Objects.equals(this.name, other.name)
                && Objects.equals(this.components, other.components);
    }

    @Override
    public int hashCode() {
        return Objects.hash(this.name, this.components);
    }

    /** The part of this type, if it was asked for. */
    public <T extends IdentityConfigurationComponent> Optional<T> getComponent(Class<T> clazz) {
        return this.components.stream().filter(clazz::isInstance).map(clazz::cast).findFirst();
    }
}
