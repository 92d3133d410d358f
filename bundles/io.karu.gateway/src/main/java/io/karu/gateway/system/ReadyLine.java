package io.karu.gateway.system;

import io.karu.gateway.packages.DeploymentAgent;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.kura.configuration.ConfigurationService;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.servlet.runtime.HttpServiceRuntime;

/**
 * Prints {@code READY http://127.0.0.1:PORT} once: the web server runs, and every package is
 * installed again.
 */
@Component(
        immediate = true,
        service = {})
public final class ReadyLine {

    private final AtomicBoolean reinstalled = new AtomicBoolean();
    private final AtomicBoolean printed = new AtomicBoolean();
    private volatile String address;

    @Reference private ConfigurationService configuration;

    @Reference private DeploymentAgent agent;

    @Activate
    void activate() {
        agent.reinstalled()
                .thenRun(
                        () -> {
                            reinstalled.set(true);
                            print();
                        });
    }

    @Reference(
            service = HttpServiceRuntime.class,
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            updated = "httpStarted",
            unbind = "httpStopped")
    void httpStarted(ServiceReference<HttpServiceRuntime> http) {
        endpoint(http).ifPresent(found -> address = found);
        print();
    }

    void httpStopped(ServiceReference<HttpServiceRuntime> http) {
        address = null;
    }

    private static Optional<String> endpoint(ServiceReference<HttpServiceRuntime> http) {
        Object endpoints = http.getProperty("osgi.http.endpoint");
        return endpoints instanceof String[] all
                ? Arrays.stream(all)
                        .filter(each -> each.startsWith("http://127.0.0.1:"))
                        .findFirst()
                : Optional.empty();
    }

    private void print() {
        String here = address;
        if (here != null && reinstalled.get() && printed.compareAndSet(false, true)) {
            System.out.println("READY " + here.replaceFirst("/$", ""));
        }
    }
}
