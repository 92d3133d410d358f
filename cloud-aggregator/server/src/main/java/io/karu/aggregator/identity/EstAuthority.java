package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.PrivateFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An authority elsewhere that certifies gateways through EST (RFC 7030, 4.2); the aggregator
 * vouches for them with a login of its own. Requests go there as the gateways made them, and what
 * comes back counts only for the gateway that asked. Thread-safe.
 */
public final class EstAuthority implements CertificateAuthority {
    private static final Logger LOG = LoggerFactory.getLogger(EstAuthority.class);
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final int LONGEST_CHAIN = 8;
    private static final int LONGEST_REASON = 500;

    private final Server server;
    private final GatewayNaming naming;
    private final Path known;
    private final HttpClient client;
    private List<X509Certificate> told;

    /**
     * @param address up to {@code /.well-known/est} or the label behind it
     * @param trusted signed the server's own certificate; empty: the Java trust store
     */
    public record Server(URI address, String user, String password, List<X509Certificate> trusted) {
        public Server {
            trusted = List.copyOf(trusted);
            if (!"https".equals(address.getScheme()) || address.getHost() == null) {
                throw new IllegalArgumentException(
                        "identity.est.url is \"" + address + "\": an https address is needed");
            }
        }

        @Override
        public String toString() {
            return "Server[" + address + "]";
        }
    }

    /**
     * @param naming as the authority names gateways
     * @param known file with the authority's certificates as last told
     */
    public EstAuthority(Server server, GatewayNaming naming, Path known) throws IOException {
        this.server = server;
        this.naming = naming;
        this.known = known;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(CONNECT);
        if (!server.trusted().isEmpty()) {
            builder.sslContext(trusting(server.trusted()));
        }
        this.client = builder.build();
    }

    @Override
    public List<X509Certificate> issue(PKCS10CertificationRequest request, GatewayId gateway)
            throws IOException {
        Optional<GatewayId> asked = naming.gateway(request.getSubject());
        if (!asked.equals(Optional.of(gateway))) {
            throw new IOException(
                    "the request is for "
                            + request.getSubject()
                            + "; the authority at "
                            + server.address().getHost()
                            + " takes subjects as they are, so it must name "
                            + gateway);
        }
        String basic =
                Base64.getEncoder()
                        .encodeToString(
                                (server.user() + ":" + server.password())
                                        .getBytes(StandardCharsets.UTF_8));
        List<X509Certificate> answer =
                ask(
                        to("/simpleenroll")
                                .header("Content-Type", "application/pkcs10")
                                .header("Authorization", "Basic " + basic)
                                .POST(
                                        BodyPublishers.ofString(
                                                Base64.getMimeEncoder()
                                                        .encodeToString(request.getEncoded()))));
        PublicKey key = Csr.key(request);
        X509Certificate issued =
                answer.stream()
                        .filter(certificate -> certificate.getPublicKey().equals(key))
                        .findFirst()
                        .orElseThrow(() -> wrong("certifies another key than that of " + gateway));
        if (!naming.gateway(issued).equals(Optional.of(gateway))) {
            throw wrong(
                    "certifies "
                            + issued.getSubjectX500Principal()
                            + " where it was asked for "
                            + gateway);
        }
        return chain(issued, answer);
    }

    private IOException wrong(String what) {
        return new IOException("the authority at " + server.address().getHost() + " " + what);
    }

    private List<X509Certificate> chain(X509Certificate issued, List<X509Certificate> answer)
            throws IOException {
        List<X509Certificate> issuers = new ArrayList<>(answer);
        issuers.addAll(trusted());
        List<X509Certificate> chain = new ArrayList<>(List.of(issued));
        for (X509Certificate last = issued; chain.size() < LONGEST_CHAIN; ) {
            X509Certificate below = last;
            Optional<X509Certificate> above =
                    issuers.stream()
                            .filter(i -> !chain.contains(i) && signed(i, below))
                            .findFirst();
            if (above.isEmpty()) {
                break;
            }
            last = above.get();
            chain.add(last);
        }
        if (chain.size() == 1) {
            throw wrong("does not say who issued " + issued.getSubjectX500Principal());
        }
        return chain;
    }

    private static boolean signed(X509Certificate issuer, X509Certificate certificate) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** As told at the first call of this run; when it does not answer, as told before. */
    @Override
    public synchronized List<X509Certificate> trusted() throws IOException {
        if (told == null) {
            try {
                List<X509Certificate> now = ask(to("/cacerts").GET());
                PrivateFile.replace(known, Certificates.pem(now));
                told = now;
            } catch (IOException e) {
                if (!Files.exists(known)) {
                    throw e;
                }
                LOG.warn("{}; its certificates are as told before", e.getMessage());
                told = Certificates.parse(Files.readAllBytes(known));
            }
        }
        return told;
    }

    private HttpRequest.Builder to(String operation) {
        String base = server.address().toString().replaceAll("/+$", "");
        return HttpRequest.newBuilder(URI.create(base + operation)).timeout(ANSWER);
    }

    private List<X509Certificate> ask(HttpRequest.Builder request) throws IOException {
        HttpResponse<String> answer;
        try {
            answer = client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IOException(
                    "the authority at " + server.address().getHost() + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw wrong("was not waited for");
        }
        if (answer.statusCode() == 202) {
            throw wrong("has not decided yet; enrol again when somebody has approved it there");
        }
        if (answer.statusCode() != 200) {
            throw wrong("answers " + answer.statusCode() + ": " + excerpt(answer.body()));
        }
        try {
            return CertsOnly.decode(Base64.getMimeDecoder().decode(answer.body()));
        } catch (IllegalArgumentException e) {
            throw new IOException("the authority's answer is not Base64", e);
        }
    }

    private static String excerpt(String body) {
        return body.length() <= LONGEST_REASON ? body : body.substring(0, LONGEST_REASON);
    }

    private static SSLContext trusting(List<X509Certificate> certificates) throws IOException {
        try {
            KeyStore store = KeyFolder.empty();
            for (X509Certificate certificate : certificates) {
                store.setCertificateEntry(Certificates.fingerprint(certificate), certificate);
            }
            TrustManagerFactory managers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates for the EST server cannot be used", e);
        }
    }
}
