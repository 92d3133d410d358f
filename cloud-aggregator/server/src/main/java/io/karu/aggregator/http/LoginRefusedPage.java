package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.security.LoginRefusal;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.OidcSettings;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.ResourceBundle.Control;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.StringUtil;

/**
 * Tells a person why a login at the identity provider did not let them in, and what to do, in the
 * language that their browser asks for. A program gets the same refusal as JSON.
 */
final class LoginRefusedPage {
    private static final String PAGE = read("refused.html");
    private static final String STYLE = read("refused.css");
    private static final String POLICY =
            "default-src 'none'; img-src 'self'; style-src 'sha256-"
                    + Base64.getEncoder()
                            .encodeToString(
                                    Secrets.sha256().digest(STYLE.getBytes(StandardCharsets.UTF_8)))
                    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final Pattern PLACE = Pattern.compile("\\{(\\w+)}");
    private static final List<String> LANGUAGES = List.of("en", "zh");

    private final Optional<OidcSettings> settings;
    private final Duration patience;

    LoginRefusedPage(Optional<OidcSettings> settings, Duration patience) {
        this.settings = settings;
        this.patience = patience;
    }

    /** Whether a browser shows what is answered. */
    static boolean isWanted(Context ctx) {
        String accepted = ctx.header("Accept");
        return accepted != null && accepted.contains("text/html");
    }

    /** Answers the page; the status is the one that a program gets. */
    void write(Context ctx, AggregatorException error) {
        LoginRefusal reason = LoginRefusal.of(error);
        Locale locale = locale(ctx);
        ResourceBundle words =
                ResourceBundle.getBundle(
                        "login.refused",
                        locale,
                        Control.getNoFallbackControl(Control.FORMAT_PROPERTIES));
        Map<String, String> facts = new LinkedHashMap<>();
        settings.ifPresent(
                known -> {
                    facts.put("issuer", known.issuer().toString());
                    facts.put("client", known.clientId());
                    facts.put("roles", String.join(", ", known.roles()));
                    facts.put("claim", known.roleClaim());
                });
        facts.put("person", String.valueOf(error.details().get(Oidc.PERSON)));
        facts.put("minutes", Long.toString(patience.toMinutes()));
        facts.replaceAll((name, value) -> StringUtil.sanitizeXmlString(value));
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("language", locale.getLanguage());
        parts.put("style", STYLE);
        for (String part : List.of("title", "what", "then")) {
            parts.put(part, fill(words.getString(reason + "." + part), facts));
        }
        parts.put("ways", ways(reason, words));
        parts.put("forAdministrator", words.getString("forAdministrator"));
        parts.put(
                "exact",
                StringUtil.sanitizeXmlString(
                        Instant.now().truncatedTo(ChronoUnit.SECONDS)
                                + " "
                                + error.code()
                                + ": "
                                + error.getMessage()));
        Problems.status(ctx, error);
        ctx.header("Content-Security-Policy", POLICY);
        ctx.header("Cache-Control", "no-store");
        ctx.header("Content-Language", locale.getLanguage());
        ctx.html(fill(PAGE, parts));
    }

    private static String ways(LoginRefusal reason, ResourceBundle words) {
        Map<String, String> ways = new LinkedHashMap<>();
        if (reason != LoginRefusal.NOT_CONFIGURED) {
            ways.put("way.again", OidcRoutes.BEGIN);
        }
        if (reason == LoginRefusal.NO_ROLE || reason == LoginRefusal.DENIED) {
            ways.put("way.logout", OidcRoutes.LOGOUT);
        }
        ways.put("way.password", "/");
        StringBuilder links = new StringBuilder();
        ways.forEach(
                (word, address) ->
                        links.append("<a href=\"")
                                .append(address)
                                .append("\">")
                                .append(words.getString(word))
                                .append("</a>"));
        return links.toString();
    }

    private static Locale locale(Context ctx) {
        return Collections.list(ctx.req().getLocales()).stream()
                .map(Locale::getLanguage)
                .filter(LANGUAGES::contains)
                .findFirst()
                .map(Locale::forLanguageTag)
                .orElse(Locale.ENGLISH);
    }

    private static String fill(String text, Map<String, String> parts) {
        return PLACE.matcher(text)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        parts.getOrDefault(found.group(1), found.group())));
    }

    private static String read(String name) {
        try (InputStream file = LoginRefusedPage.class.getResourceAsStream("/login/" + name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
