package org.eclipse.kura.configuration.metatype;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The definition of a component: its attributes in order. */
@ProviderType
public interface OCD {

    List<AD> getAD();

    String getDescription();

    List<Icon> getIcon();

    String getId();

    String getName();
}
