package org.eclipse.kura.configuration.metatype;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The definition of one attribute. */
@ProviderType
public interface AD {

    int getCardinality();

    String getDefault();

    String getDescription();

    String getId();

    String getMax();

    String getMin();

    String getName();

    List<Option> getOption();

    Scalar getType();

    boolean isRequired();
}
