package org.eclipse.kura.system;

import java.util.Map;

/** A named group of extended properties. */
public class ExtendedPropertyGroup {

    private final String name;
    private final Map<String, String> properties;

    public ExtendedPropertyGroup(String name, Map<String, String> properties) {
        this.name = name;
        this.properties = properties;
    }

    public String getName() {
        return this.name;
    }

    public Map<String, String> getProperties() {
        return this.properties;
    }
}
