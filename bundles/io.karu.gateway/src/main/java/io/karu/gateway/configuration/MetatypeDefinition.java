package io.karu.gateway.configuration;

import java.util.List;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.Icon;
import org.eclipse.kura.configuration.metatype.OCD;

record MetatypeDefinition(String id, String name, String description, List<AD> attributes)
        implements OCD {

    @Override
    public String getId() {
        return id;
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public String getDescription() {
        return description;
    }

    @Override
    public List<AD> getAD() {
        return attributes;
    }

    @Override
    public List<Icon> getIcon() {
        return List.of();
    }
}
