package io.karu.aggregator.security;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
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
import java.util.Base64;
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
    static final String PREFIX = "oidc:";

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

    /** What the issuer says of itself. */
    private record Issuer(URI authorization, URI token, JWKSource<SecurityContext> keys) {}

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
    public Attempt begin(URI callback) {
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
        String address = issuer().authorization().toString();
        return new Attempt(
                state,
                nonce,
                verifier,
                URI.create(address + (address.contains("?") ? "&" : "?") + form(query)));
    }

    /**
     * Ends a login: exchanges the code and checks whom the issuer names.
     *
     * @throws AggregatorException {@code WRONG_CREDENTIALS}, {@code NOT_ALLOWED} without a role,
     *     {@code AUTHORITY_FAILED}
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
            throw new AggregatorException(
                    Code.WRONG_CREDENTIALS,
                    "the identity provider did not take the code: " + answer.statusCode());
        }
        String token = Json.tree(answer.body()).path("id_token").asText("");
        JWTClaimsSet claims = verified(token, settings.clientId());
        if (!attempt.nonce().equals(claims.getClaim("nonce"))) {
            throw new AggregatorException(
                    Code.WRONG_CREDENTIALS, "the identity provider answered another login");
        }
        return caller(claims);
    }

    /**
     * Who asks with this bearer token.
     *
     * @throws AggregatorException {@code NOT_LOGGED_IN} with the reason, {@code NOT_ALLOWED}
     *     without a role
     */
    public Caller authenticate(String token) {
        return caller(verified(token, settings.audience()));
    }

    /** Whether a bearer token is for {@link #authenticate}, and no API token of this server. */
    public static boolean isToken(String bearer) {
        return bearer.chars().filter(c -> c == '.').count() == 2;
    }

    private JWTClaimsSet verified(String token, String audience) {
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, issuer().keys()));
        processor.setJWTClaimsSetVerifier(
                new DefaultJWTClaimsVerifier<>(
                        audience,
                        new JWTClaimsSet.Builder().issuer(settings.issuer().toString()).build(),
                        Set.of("sub", "exp", "iat")));
        try {
            return processor.process(token, null);
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new AggregatorException(
                    Code.NOT_LOGGED_IN, "the token is not accepted: " + e.getMessage(), e);
        }
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
                                        new AggregatorException(
                                                Code.NOT_ALLOWED,
                                                name
                                                        + " has no role here: the identity provider names none of "
                                                        + settings.rolePrefix()
                                                        + "viewer, operator, engineer, admin in "
                                                        + settings.roleClaim())),
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
            if (named.contains(settings.rolePrefix() + role)) {
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
        return new AggregatorException(
                Code.AUTHORITY_FAILED, "the identity provider cannot be used: " + reason, cause);
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
