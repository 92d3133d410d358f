package io.karu.gateway.identity;

import io.karu.gateway.system.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.identity.IdentityConfiguration;
import org.eclipse.kura.identity.IdentityConfigurationComponent;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.identity.PasswordHash;
import org.eclipse.kura.identity.Permission;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.useradmin.Authorization;
import org.osgi.service.useradmin.Group;
import org.osgi.service.useradmin.Role;
import org.osgi.service.useradmin.User;
import org.osgi.service.useradmin.UserAdmin;

/**
 * Kura's identities as UserAdmin roles {@code kura.user.<name>} and {@code kura.permission.<name>}.
 * At each start there is the identity {@code admin} with every permission; its password stands in
 * {@code user/admin-password}, made at the first start. Further identities last until the gateway
 * stops.
 */
@Component(
        name = "org.eclipse.kura.identity.IdentityService",
        immediate = true,
        property = "kura.service.pid=org.eclipse.kura.identity.IdentityService")
public final class UserAdminIdentityService implements IdentityService {

    static final String ADMIN = "admin";
    private static final String USER = "kura.user.";
    private static final String PERMISSION = "kura.permission.";
    private static final String ALL = "kura.admin";
    private static final String PASSWORD = "kura.password";
    private static final String ALPHABET =
            "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private static final int PASSWORD_LENGTH = 20;

    private final UserAdmin users;

    @Activate
    public UserAdminIdentityService(@Reference UserAdmin users, @Reference SystemService system)
            throws IOException, KuraException {
        this.users = users;
        createIdentity(ADMIN);
        createPermission(new Permission(ALL));
        group(ALL).orElseThrow().addMember(user(ADMIN));
        char[] password =
                adminPassword(Path.of(system.getKuraUserConfigDirectory(), "admin-password"));
        setPassword(user(ADMIN), PasswordCheck.of(password));
    }

    @SuppressWarnings("unchecked")
    private static void setPassword(User user, PasswordCheck check) {
        user.getCredentials().put(PASSWORD, check.text());
    }

    private static char[] adminPassword(Path file) throws IOException {
        if (!Files.exists(file)) {
            SecureRandom random = new SecureRandom();
            StringBuilder password = new StringBuilder();
            for (int i = 0; i < PASSWORD_LENGTH; i++) {
                password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
            }
            PrivateFiles.write(file, (password + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String password = Files.readString(file).trim();
        if (password.isEmpty()) {
            throw new IOException(
                    file + " is empty; remove it, and the next start makes a password");
        }
        return password.toCharArray();
    }

    @Override
    public void checkPassword(String identityName, char[] password) throws KuraException {
        User user = find(identityName).orElse(null);
        Object check = user == null ? null : user.getCredentials().get(PASSWORD);
        if (!(check instanceof String text) || !PasswordCheck.parse(text).accepts(password)) {
            throw new KuraException(KuraErrorCode.SECURITY_EXCEPTION);
        }
    }

    @Override
    public void checkPermission(String identityName, Permission permission) throws KuraException {
        Authorization authorization = users.getAuthorization(user(identityName));
        if (!authorization.hasRole(PERMISSION + ALL)
                && !authorization.hasRole(PERMISSION + permission.getName())) {
            throw new KuraException(KuraErrorCode.SECURITY_EXCEPTION);
        }
    }

    @Override
    public PasswordHash computePasswordHash(char[] password) {
        return PasswordCheck.of(password);
    }

    @Override
    public boolean createIdentity(String identityName) {
        return users.createRole(USER + identityName, Role.USER) != null;
    }

    @Override
    public boolean deleteIdentity(String identityName) {
        return users.removeRole(USER + identityName);
    }

    @Override
    public boolean createPermission(Permission permission) {
        return users.createRole(PERMISSION + permission.getName(), Role.GROUP) != null;
    }

    @Override
    public boolean deletePermission(Permission permission) {
        return users.removeRole(PERMISSION + permission.getName());
    }

    @Override
    public Set<Permission> getPermissions() throws KuraException {
        Set<Permission> permissions = new HashSet<>();
        for (String name : names(PERMISSION)) {
            permissions.add(new Permission(name));
        }
        return permissions;
    }

    /** Names only: a development gateway does not give or take credentials and permissions. */
    @Override
    public List<IdentityConfiguration> getIdentitiesConfiguration(
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn)
            throws KuraException {
        List<IdentityConfiguration> identities = new ArrayList<>();
        for (String name : names(USER)) {
            identities.add(new IdentityConfiguration(name, List.of()));
        }
        return identities;
    }

    @Override
    public Optional<IdentityConfiguration> getIdentityConfiguration(
            String identityName,
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn) {
        return find(identityName).map(user -> new IdentityConfiguration(identityName, List.of()));
    }

    @Override
    public IdentityConfiguration getIdentityDefaultConfiguration(
            String identityName,
            Set<Class<? extends IdentityConfigurationComponent>> componentsToReturn) {
        return new IdentityConfiguration(identityName, List.of());
    }

    @Override
    public void updateIdentityConfiguration(IdentityConfiguration identityConfiguration)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }

    @Override
    public void validateIdentityConfiguration(IdentityConfiguration identityConfiguration)
            throws KuraException {
        user(identityConfiguration.getName());
    }

    private List<String> names(String prefix) throws KuraException {
        try {
            List<String> names = new ArrayList<>();
            Role[] roles = users.getRoles(null);
            for (Role role : roles == null ? new Role[0] : roles) {
                if (role.getName().startsWith(prefix)) {
                    names.add(role.getName().substring(prefix.length()));
                }
            }
            return names;
        } catch (InvalidSyntaxException e) {
            throw new KuraException(KuraErrorCode.INVALID_PARAMETER, e);
        }
    }

    private Optional<User> find(String identityName) {
        return users.getRole(USER + identityName) instanceof User user
                ? Optional.of(user)
                : Optional.empty();
    }

    private User user(String identityName) throws KuraException {
        return find(identityName)
                .orElseThrow(
                        () ->
                                new KuraException(
                                        KuraErrorCode.NOT_FOUND, "identity " + identityName));
    }

    private Optional<Group> group(String permission) {
        return users.getRole(PERMISSION + permission) instanceof Group group
                ? Optional.of(group)
                : Optional.empty();
    }
}
