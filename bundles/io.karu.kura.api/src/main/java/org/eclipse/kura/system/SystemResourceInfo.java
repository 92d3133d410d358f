package org.eclipse.kura.system;

/** An installed resource: its name, version and kind. */
public class SystemResourceInfo {

    private final String name;
    private final String version;
    private final SystemResourceType type;
    private final String typeString;

    public SystemResourceInfo(String name) {
        this(name, "Unknown", SystemResourceType.UNKNOWN);
    }

    public SystemResourceInfo(String name, String version, SystemResourceType type) {
        this.name = name;
        this.version = version;
        this.type = type;
        this.typeString = type.name();
    }

    public SystemResourceInfo(String name, String version, String type) {
        this.name = name;
        this.version = version;
        this.type = known(type);
        this.typeString = type;
    }

    public String getName() {
        return this.name;
    }

    public String getVersion() {
        return this.version;
    }

    public SystemResourceType getType() {
        return this.type;
    }

    public String getTypeString() {
        return this.typeString;
    }

    private static SystemResourceType known(String type) {
        for (final SystemResourceType candidate : SystemResourceType.values()) {
            if (candidate.name().equals(type)) {
                return candidate;
            }
        }
        return SystemResourceType.UNKNOWN;
    }
}
