package io.karu.aggregator.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Where the HTTP server listens.
 *
 * @param host address to bind; anything but loopback needs {@code tls}
 * @param port 0 takes a free one
 * @param tls key store of the server; absent for plain HTTP
 * @param advertisedBase address under which gateways reach it; absent: the name on the certificate,
 *     or the host without TLS, and the port as bound
 */
public record HttpSettings(
        String host, int port, Optional<Tls> tls, Optional<String> advertisedBase) {
    /**
     * A PKCS#12 key store with the server's key and chain.
     *
     * @param hostName the name on the certificate
     * @param trustStore PKCS#12, whose client certificates are known
     * @param password of both
     */
    public record Tls(String hostName, Path keyStore, Path trustStore, String password) {
        @Override
        public String toString() {
            return "Tls[" + keyStore + "]";
        }
    }

    public HttpSettings {
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(advertisedBase, "advertisedBase");
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("HTTP port " + port + ": use 0 to 65535");
        }
        if (tls.isEmpty() && !isLoopback(host)) {
            throw new IllegalArgumentException(
                    "HTTP host "
                            + host
                            + " is reachable from other machines: give a TLS key store or bind to 127.0.0.1");
        }
    }

    /** Plain HTTP on 127.0.0.1. */
    public static HttpSettings loopback(int port) {
        return new HttpSettings("127.0.0.1", port, Optional.empty(), Optional.empty());
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("HTTP host " + host + " is unknown", e);
        }
    }
}
