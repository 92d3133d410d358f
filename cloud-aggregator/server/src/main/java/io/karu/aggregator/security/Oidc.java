package io.karu.aggregator.security;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * People of an OpenID Connect issuer: authorization code with PKCE (OpenID Connect Core 1.0, 3.1;
 * RFC 7636) for the console, and bearer tokens for REST. Their names begin with {@value #PREFIX},
 * so that none is taken for somebody with an account here. The issuer is asked when it is first
 * needed. Thread-safe.
 */
public final class Oidc {
    public static final String PREFIX = "oidc:";

    /** Detail of a refusal: whom the issuer names. */
    public static final String PERSON = "person";

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(
                    JWSAlgorithm.RS256,
                    JWSAlgorithm.RS384,
                    JWSAlgorithm.RS512,
                    JWSAlgorithm.PS256,
                    JWSAlgorithm.ES256,
                    JWSAlgorithm.ES384);

    private final OidcSettings settings;
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT).build();
    private Issuer issuer;

    /**
     * What the issuer says of itself.
     *
     * @param logout absent where it cannot be asked to end a session (RP-Initiated Logout 1.0)
     */
    private record Issuer(
            URI authorization, URI token, Optional<URI> logout, JWKSource<SecurityContext> keys) {}

    /** Whom the issuer asks for before it answers. */
    public enum Prompt {
        /** Nobody who is logged in there already. */
        AS_NEEDED,
        /** The name and password again, so that somebody else can log in. */
        ALWAYS
    }

    /**
     * A login that has begun; kept until the issuer sends the browser back.
     *
     * @param address where the browser goes
     */
    public record Attempt(String state, String nonce, String verifier, URI address) {
        @Override
        public String toString() {
            return "Attempt[]";
        }
    }

    public Oidc(OidcSettings settings) {
        this.settings = settings;
    }

    /**
     * Begins a login.
     *
     * @param callback where the issuer sends the browser back to
     * @throws AggregatorException {@code AUTHORITY_FAILED} when the issuer does not answer
     */
    public Attempt begin(URI callback, Prompt prompt) {
        String state = Secrets.token();
        String nonce = Secrets.token();
        String verifier = Secrets.token();
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", settings.clientId());
        query.put("redirect_uri", callback.toString());
        query.put("scope", "openid profile email");
        query.put("state", state);
        query.put("nonce", nonce);
        query.put(
                "code_challenge",
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(
                                Secrets.sha256()
                                        .digest(verifier.getBytes(StandardCharsets.US_ASCII))));
        query.put("code_challenge_method", "S256");
        if (prompt == Prompt.ALWAYS) {
            query.put("prompt", "login");
        }
        return new Attempt(state, nonce, verifier, with(issuer().authorization(), query));
    }

    /**
     * Where a person ends their session at the issuer; empty where it offers none.
     *
     * @throws AggregatorException {@code AUTHORITY_FAILED} when the issuer does not answer
     */
    public Optional<URI> logout() {
        return issuer().logout().map(to -> with(to, Map.of("client_id", settings.clientId())));
    }

    /** For the person who reads why they were refused. */
    public OidcSettings settings() {
        return settings;
    }

    /**
     * Ends a login: exchanges the code and checks whom the issuer names.
     *
     * @throws AggregatorException made by a {@link LoginRefusal}
     */
    public Caller end(Attempt attempt, String code, URI callback) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put("grant_type", "authorization_code");
        body.put("code", code);
        body.put("redirect_uri", callback.toString());
        body.put("client_id", settings.clientId());
        body.put("code_verifier", attempt.verifier());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(issuer().token())
                        .timeout(ANSWER)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form(body)));
        settings.clientSecret()
                .ifPresent(
                        secret ->
                                request.header(
                                        "Authorization",
                                        "Basic "
                                                + Base64.getEncoder()
                                                        .encodeToString(
                                                                (encode(settings.clientId())
                                                                                + ":"
                                                                                + encode(secret))
                                                                        .getBytes(
                                                                                StandardCharsets
                                                                                        .UTF_8))));
        HttpResponse<String> answer = send(request.build());
        if (answer.statusCode() != 200) {
            throw LoginRefusal.NOT_ACCEPTED.because(
                    "the identity provider did not take the code: " + answer.statusCode());
        }
        JWTClaimsSet claims = claimsOfLogin(idToken(answer.body()));
        if (!attempt.nonce().equals(claims.getClaim("nonce"))) {
            throw LoginRefusal.NOT_ACCEPTED.because("the identity provider answered another login");
        }
        return caller(claims);
    }

    private String idToken(String answer) {
        try {
            return Json.tree(answer).path("id_token").asText("");
        } catch (UncheckedIOException e) {
            throw unreachable(issuer().token() + " answers no JSON", e);
        }
    }

    private JWTClaimsSet claimsOfLogin(String token) {
        try {
            return verified(token, settings.clientId());
        } catch (KeySourceException e) {
            throw unreachable("its keys cannot be read", e);
        } catch (BadJWTException e) {
            throw unfit(token, e);
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw LoginRefusal.NOT_ACCEPTED.because(
                    "the token is not accepted: " + e.getMessage(), Map.of(), e);
        }
    }

    /**
     * Who asks with this bearer token.
     *
     * @throws AggregatorException {@code NOT_LOGGED_IN} with the reason, {@code NOT_ALLOWED}
     *     without a role
     */
    public Caller authenticate(String token) {
        try {
            return caller(verified(token, settings.audience()));
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new AggregatorException(
                    Code.NOT_LOGGED_IN, "the token is not accepted: " + e.getMessage(), e);
        }
    }

    /** Whether a bearer token is for {@link #authenticate}, and no API token of this server. */
    public static boolean isToken(String bearer) {
        return bearer.chars().filter(c -> c == '.').count() == 2;
    }

    /** A token that was made just now is too old or too young only where the clocks differ. */
    private static AggregatorException unfit(String token, BadJWTException e) {
        String message = "the token is not accepted: " + e.getMessage();
        try {
            JWTClaimsSet claims = JWTParser.parse(token).getJWTClaimsSet();
            Instant now = Instant.now();
            Optional<Instant> from =
                    Optional.ofNullable(claims.getNotBeforeTime()).map(Date::toInstant);
            Optional<Instant> to =
                    Optional.ofNullable(claims.getExpirationTime()).map(Date::toInstant);
            if (to.filter(end -> end.isBefore(now)).isPresent()
                    || from.filter(begin -> begin.isAfter(now)).isPresent()) {
                return LoginRefusal.CLOCKS_DIFFER.because(
                        message
                                + ": it was made just now for "
                                + from.map(begin -> begin + " to ").orElse("until ")
                                + to.map(Instant::toString).orElse("ever")
                                + ", and here it is "
                                + now.truncatedTo(ChronoUnit.SECONDS),
                        Map.of(),
                        e);
            }
        } catch (ParseException unreadable) {
            e.addSuppressed(unreadable);
        }
        return LoginRefusal.NOT_ACCEPTED.because(message, Map.of(), e);
    }

    private JWTClaimsSet verified(String token, String audience)
            throws ParseException, BadJOSEException, JOSEException {
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, issuer().keys()));
        processor.setJWTClaimsSetVerifier(
                new DefaultJWTClaimsVerifier<>(
                        audience,
                        new JWTClaimsSet.Builder().issuer(settings.issuer().toString()).build(),
                        Set.of("sub", "exp", "iat")));
        return processor.process(token, null);
    }

    private Caller caller(JWTClaimsSet claims) {
        JsonNode tree = Json.MAPPER.valueToTree(claims.toJSONObject());
        String name =
                Optional.of(tree.path("preferred_username").asText(""))
                        .filter(text -> !text.isBlank())
                        .orElse(claims.getSubject());
        return new Caller(
                PREFIX + name,
                role(tree)
                        .orElseThrow(
                                () ->
                                        LoginRefusal.NO_ROLE.because(
                                                name
                                                        + " has no role here: the identity provider names none of "
                                                        + String.join(", ", settings.roles())
                                                        + " in "
                                                        + settings.roleClaim(),
                                                Map.of(PERSON, name),
                                                null)),
                "oidc");
    }

    private Optional<Role> role(JsonNode claims) {
        JsonNode roles = claims;
        for (String step : settings.roleClaim().split("\\.")) {
            roles = roles.path(step);
        }
        Set<String> named =
                roles.isTextual()
                        ? Set.of(roles.asText().split("[ ,]+"))
                        : java.util.stream.StreamSupport.stream(roles.spliterator(), false)
                                .map(JsonNode::asText)
                                .collect(Collectors.toSet());
        Optional<Role> highest = Optional.empty();
        for (Role role : Role.values()) {
            if (named.contains(settings.name(role))) {
                highest = Optional.of(role);
            }
        }
        return highest;
    }

    private synchronized Issuer issuer() {
        if (issuer == null) {
            URI address =
                    URI.create(
                            settings.issuer().toString().replaceAll("/+$", "")
                                    + "/.well-known/openid-configuration");
            HttpResponse<String> answer =
                    send(HttpRequest.newBuilder(address).timeout(ANSWER).GET().build());
            try {
                JsonNode found = Json.tree(answer.body());
                if (!found.path("issuer").asText().equals(settings.issuer().toString())) {
                    throw unreachable(
                            address
                                    + " is of issuer \""
                                    + found.path("issuer").asText()
                                    + "\"; set oidc.issuer to exactly that",
                            null);
                }
                issuer =
                        new Issuer(
                                URI.create(found.path("authorization_endpoint").asText()),
                                URI.create(found.path("token_endpoint").asText()),
                                Optional.of(found.path("end_session_endpoint").asText(""))
                                        .filter(text -> !text.isEmpty())
                                        .map(URI::create),
                                JWKSourceBuilder.create(
                                                URI.create(found.path("jwks_uri").asText()).toURL())
                                        .retrying(true)
                                        .build());
            } catch (UncheckedIOException | IOException | IllegalArgumentException e) {
                throw unreachable(address + " is no OpenID configuration", e);
            }
        }
        return issuer;
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw unreachable(request.uri().getAuthority() + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unreachable("interrupted", e);
        }
    }

    private static AggregatorException unreachable(String reason, Exception cause) {
        return LoginRefusal.ISSUER_FAILED.because(
                "the identity provider cannot be used: " + reason, Map.of(), cause);
    }

    private static URI with(URI address, Map<String, String> query) {
        return URI.create(address + (address.getQuery() == null ? "?" : "&") + form(query));
    }

    private static String form(Map<String, String> values) {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + encode(entry.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
