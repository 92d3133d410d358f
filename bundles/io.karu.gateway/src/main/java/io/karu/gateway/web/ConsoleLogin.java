package io.karu.gateway.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.apache.felix.webconsole.spi.SecurityProvider;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.identity.Permission;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Lets Kura's identities with the permission {@code kura.admin} into the web console, by HTTP Basic
 * authentication.
 */
@Component(property = SecurityProvider.PROPERTY_ID + "=io.karu.gateway")
public final class ConsoleLogin implements SecurityProvider {

    private static final String SCHEME = "Basic ";

    private final IdentityService identities;

    @Activate
    public ConsoleLogin(@Reference IdentityService identities) {
        this.identities = identities;
    }

    @Override
    public Object authenticate(HttpServletRequest request, HttpServletResponse response) {
        Optional<String> identity = identity(request.getHeader("Authorization"));
        if (identity.isPresent()) {
            return identity.get();
        }
        response.setHeader("WWW-Authenticate", "Basic realm=\"Karu development gateway\"");
        try {
            response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return null;
    }

    private Optional<String> identity(String header) {
        if (header == null || !header.startsWith(SCHEME)) {
            return Optional.empty();
        }
        try {
            byte[] decoded = Base64.getDecoder().decode(header.substring(SCHEME.length()));
            String[] parts = new String(decoded, StandardCharsets.UTF_8).split(":", 2);
            if (parts.length < 2) {
                return Optional.empty();
            }
            identities.checkPassword(parts[0], parts[1].toCharArray());
            identities.checkPermission(parts[0], new Permission("kura.admin"));
            return Optional.of(parts[0]);
        } catch (IllegalArgumentException | KuraException e) {
            return Optional.empty();
        }
    }

    @Override
    public void logout(HttpServletRequest request, HttpServletResponse response) {
        response.setHeader("WWW-Authenticate", "Basic realm=\"Karu development gateway\"");
        response.setStatus(HttpServletResponse.SC_UNAUTHORIZED);
    }

    /** Who is let in has every permission. */
    @Override
    public boolean authorize(Object user, String role) {
        return true;
    }
}
