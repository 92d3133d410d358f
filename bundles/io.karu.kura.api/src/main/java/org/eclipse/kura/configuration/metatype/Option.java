package org.eclipse.kura.configuration.metatype;

import org.osgi.annotation.versioning.ProviderType;

/** One allowed value of an attribute, with its label. */
@ProviderType
public interface Option {

    String getLabel();

    String getValue();
}
