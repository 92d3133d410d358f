package io.karu.aggregator.http;

import io.javalin.http.Context;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** The certificate that a client showed in its TLS handshake. */
final class ClientCertificate {
    private static final String ATTRIBUTE = "jakarta.servlet.request.X509Certificate";

    private ClientCertificate() {}

    /** Absent without TLS, and when the client has none of a trusted authority. */
    static Optional<X509Certificate> of(Context ctx) {
        return ctx.req().getAttribute(ATTRIBUTE) instanceof X509Certificate[] chain
                        && chain.length > 0
                ? Optional.of(chain[0])
                : Optional.empty();
    }
}
