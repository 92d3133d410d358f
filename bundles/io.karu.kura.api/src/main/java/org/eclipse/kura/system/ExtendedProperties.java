package org.eclipse.kura.system;

import java.util.List;

/** Properties of the device beyond the fixed ones, in groups. */
public class ExtendedProperties {

    private final String version;
    private final List<ExtendedPropertyGroup> propertyGroups;

    public ExtendedProperties(String version, List<ExtendedPropertyGroup> propertyGroups) {
        this.version = version;
        this.propertyGroups = propertyGroups;
    }

    public String getVersion() {
        return this.version;
    }

    public List<ExtendedPropertyGroup> getPropertyGroups() {
        return this.propertyGroups;
    }
}
