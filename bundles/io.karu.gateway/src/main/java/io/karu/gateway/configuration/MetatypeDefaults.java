package io.karu.gateway.configuration;

import java.util.HashMap;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.OCD;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a metatype gives to properties that are not set; passwords encrypted. */
final class MetatypeDefaults {
    private static final Logger LOG = LoggerFactory.getLogger(MetatypeDefaults.class);

    private final Passwords passwords;

    MetatypeDefaults(Passwords passwords) {
        this.passwords = passwords;
    }

    Map<String, Object> of(OCD ocd) {
        Map<String, Object> properties = new HashMap<>();
        merge(ocd, properties);
        return properties;
    }

    /**
     * Adds what is missing.
     *
     * @param ocd null: nothing is added
     * @return whether something was
     */
    boolean merge(OCD ocd, Map<String, Object> properties) {
        boolean changed = false;
        if (ocd == null) {
            return false;
        }
        for (AD attribute : ocd.getAD()) {
            if (!properties.containsKey(attribute.getId())) {
                try {
                    var value = ScalarValues.defaultOf(attribute);
                    if (value.isPresent()) {
                        properties.put(attribute.getId(), passwords.encrypted(value.get()));
                        changed = true;
                    }
                } catch (IllegalArgumentException | KuraException e) {
                    LOG.warn(
                            "Default of {} in {} is passed over: {}",
                            attribute.getId(),
                            ocd.getId(),
                            e.getMessage());
                }
            }
        }
        return changed;
    }
}
