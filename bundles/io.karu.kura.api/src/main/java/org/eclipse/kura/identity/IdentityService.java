package org.eclipse.kura.identity;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ProviderType;

/** Creates, configures and checks identities. */
@ProviderType
public interface IdentityService {

    void checkPassword(String identityName, char[] password) throws KuraException;

    void checkPermission(String identityName, Permission permission) throws KuraException;

    PasswordHash computePasswordHash(char[] password) throws KuraException;

    boolean createIdentity(String identityName) throws KuraException;

    boolean createPermission(Permission permission) throws KuraException;

    boolean deleteIdentity(String identityName) throws KuraException;

    boolean deletePermission(Permission permission) throws KuraException;

    List<IdentityConfiguration> getIdentitiesConfiguration(
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn)
            throws KuraException;

    Optional<IdentityConfiguration> getIdentityConfiguration(
            String identityName,
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn)
            throws KuraException;

    IdentityConfiguration getIdentityDefaultConfiguration(
            String identityName,
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn)
            throws KuraException;

    Set<Permission> getPermissions() throws KuraException;

    void updateIdentityConfiguration(IdentityConfiguration identityConfiguration)
            throws KuraException;

    void validateIdentityConfiguration(IdentityConfiguration identityConfiguration)
            throws KuraException;
}
