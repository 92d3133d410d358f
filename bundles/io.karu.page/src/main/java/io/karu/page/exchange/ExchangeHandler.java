package io.karu.page.exchange;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The operator's page. An OSGi service of {@code io.karu.page}; the servlet adapters hand their
 * requests to it. Thread-safe.
 */
@ProviderType
public interface ExchangeHandler {
    /**
     * Answers a request under {@code /karu}, checking who asks. Keeps the calling thread while a
     * live stream lasts.
     */
    void handle(Exchange exchange);
}
