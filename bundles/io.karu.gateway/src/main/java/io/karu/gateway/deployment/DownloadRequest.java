package io.karu.gateway.deployment;

import org.eclipse.kura.KuraException;

/**
 * How to download, as EXEC/download says. 0 means Kura's own default; times in milliseconds, sizes
 * in bytes.
 */
record DownloadRequest(
        String uri,
        String protocol,
        boolean force,
        boolean install,
        String hash,
        String verifierUri,
        Pace pace,
        Credentials credentials) {

    private static final int CONNECT_MILLIS = 4_000;

    record Pace(int blockSize, int blockDelay, int notifyBlockSize, int connectTimeout) {}

    /** Null where not given. */
    record Credentials(String username, String password) {

        boolean given() {
            return username != null && !username.isBlank() && password != null;
        }
    }

    static DownloadRequest from(Metrics metrics) throws KuraException {
        return new DownloadRequest(
                metrics.required("dp.uri", String.class),
                metrics.required("dp.download.protocol", String.class),
                metrics.optional("dp.download.force", Boolean.class, false),
                metrics.optional("dp.install", Boolean.class, true),
                metrics.optional("dp.download.hash", String.class, null),
                metrics.optional("dp.install.verifier.uri", String.class, null),
                new Pace(
                        metrics.optional("dp.download.block.size", Integer.class, 0),
                        metrics.optional("dp.download.block.delay", Integer.class, 0),
                        metrics.optional("dp.download.notify.block.size", Integer.class, 0),
                        metrics.optional("dp.download.timeout", Integer.class, CONNECT_MILLIS)),
                new Credentials(
                        metrics.optional("dp.download.username", String.class, null),
                        metrics.optional("dp.download.password", String.class, null)));
    }
}
