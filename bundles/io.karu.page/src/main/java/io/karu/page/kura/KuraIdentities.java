package io.karu.page.kura;

import io.karu.page.Identities;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.identity.Permission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's identities: a password login and the permission {@code rest.inspection}, which {@code
 * kura.admin} includes.
 */
final class KuraIdentities implements Identities {
    private static final Logger LOG = LoggerFactory.getLogger(KuraIdentities.class);
    private static final Permission INSPECTION = new Permission("rest.inspection");
    private static final Permission ADMIN = new Permission("kura.admin");
    private final Supplier<Optional<IdentityService>> service;

    KuraIdentities(Supplier<Optional<IdentityService>> service) {
        this.service = service;
    }

    /** Makes the permission known, so that it can be given to identities in Kura's web admin. */
    static void declarePermission(IdentityService service) {
        try {
            service.createPermission(INSPECTION);
        } catch (KuraException | RuntimeException e) {
            LOG.warn(
                    "the permission {} could not be created in Kura: {}",
                    INSPECTION.getName(),
                    e.getMessage());
        }
    }

    @Override
    public Access check(String name, char[] password) {
        Optional<IdentityService> identities = service.get();
        if (identities.isEmpty()) {
            return Access.UNAVAILABLE;
        }
        try {
            identities.get().checkPassword(name, password);
        } catch (KuraException e) {
            return e.getCode() == KuraErrorCode.SERVICE_UNAVAILABLE
                    ? Access.UNAVAILABLE
                    : Access.WRONG_PASSWORD;
        }
        boolean permitted =
                permitted(identities.get(), name, INSPECTION)
                        || permitted(identities.get(), name, ADMIN);
        return permitted ? Access.GRANTED : Access.NO_PERMISSION;
    }

    private static boolean permitted(
            IdentityService identities, String name, Permission permission) {
        try {
            identities.checkPermission(name, permission);
            return true;
        } catch (KuraException e) {
            return false;
        }
    }
}
