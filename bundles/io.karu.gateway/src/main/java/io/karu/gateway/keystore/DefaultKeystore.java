package io.karu.gateway.keystore;

import java.nio.file.Path;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Makes {@code SSLKeystore}, which Kura's first snapshot brings, when there is none. */
@Component(
        immediate = true,
        service = {})
public class DefaultKeystore {

    static final String PID = "SSLKeystore";

    @Activate
    public DefaultKeystore(
            BundleContext context,
            @Reference ConfigurationService configurations,
            @Reference ConfigurationAdmin admin,
            @Reference SystemService system)
            throws KuraException, java.io.IOException, InvalidSyntaxException {
        Configuration[] present =
                admin.listConfigurations(
                        "(" + ConfigurationService.KURA_SERVICE_PID + "=" + PID + ")");
        if (present == null) {
            configurations.createFactoryConfiguration(
                    FilesystemKeystoreService.FACTORY_PID,
                    PID,
                    Map.of(
                            "keystore.path",
                            Path.of(system.getKuraUserConfigDirectory(), "security", "cacerts.ks")
                                    .toString(),
                            "keystore.password",
                            new Password("changeit")),
                    false);
        }
    }
}
