package io.karu.gateway.configuration;

import java.io.IOException;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.Scalar;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Configurations in ConfigurationAdmin, by its own pids. It holds no passwords: they are kept as
 * their encrypted text, and a metatype says which texts are passwords.
 */
final class StoredConfigurations {
    private static final String ANY_LOCATION = "?";

    private final ConfigurationAdmin admin;

    StoredConfigurations(ConfigurationAdmin admin) {
        this.admin = admin;
    }

    /** An empty configuration of a factory; its pid is generated. */
    String create(String factoryPid) throws KuraException {
        try {
            return admin.createFactoryConfiguration(factoryPid, ANY_LOCATION).getPid();
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_UPDATE, e, factoryPid);
        }
    }

    /**
     * Empty when nothing is stored.
     *
     * @param ocd null: every text stays a text
     */
    Map<String, Object> read(String servicePid, OCD ocd) throws KuraException {
        Map<String, Object> properties = new HashMap<>();
        try {
            Dictionary<String, Object> stored =
                    admin.getConfiguration(servicePid, ANY_LOCATION).getProperties();
            if (stored != null) {
                for (String name : Collections.list(stored.keys())) {
                    properties.put(name, stored.get(name));
                }
            }
        } catch (IOException | IllegalStateException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_ERROR, e, servicePid);
        }
        if (ocd != null) {
            for (AD attribute : ocd.getAD()) {
                if (attribute.getType() == Scalar.PASSWORD) {
                    properties.computeIfPresent(
                            attribute.getId(), (name, value) -> password(value));
                }
            }
        }
        return properties;
    }

    void write(String servicePid, Map<String, Object> properties) throws KuraException {
        try {
            admin.getConfiguration(servicePid, ANY_LOCATION).update(dictionary(properties));
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_UPDATE, e, servicePid);
        }
    }

    void delete(String servicePid) throws KuraException {
        try {
            admin.getConfiguration(servicePid, ANY_LOCATION).delete();
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.CONFIGURATION_UPDATE, e, servicePid);
        }
    }

    private static Object password(Object value) {
        if (value instanceof String text) {
            return new Password(text);
        }
        if (value instanceof String[] texts) {
            Password[] passwords = new Password[texts.length];
            for (int i = 0; i < texts.length; i++) {
                passwords[i] = new Password(texts[i]);
            }
            return passwords;
        }
        return value;
    }

    private static Dictionary<String, Object> dictionary(Map<String, Object> properties) {
        Dictionary<String, Object> dictionary = new Hashtable<>();
        properties.forEach(
                (name, value) -> {
                    if (value instanceof Password password) {
                        dictionary.put(name, password.toString());
                    } else if (value instanceof Password[] passwords) {
                        String[] texts = new String[passwords.length];
                        for (int i = 0; i < texts.length; i++) {
                            texts[i] = passwords[i].toString();
                        }
                        dictionary.put(name, texts);
                    } else if (value != null) {
                        dictionary.put(name, value);
                    }
                });
        return dictionary;
    }
}
