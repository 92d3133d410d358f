package com.x.edge;

import java.util.Map;
import org.eclipse.kura.configuration.ConfigurableComponent;

/** The component of the golden exchanges; it takes whatever it is given. */
public class Inspector implements ConfigurableComponent {

    public void updated(Map<String, Object> properties) {
        // nothing depends on them
    }
}
