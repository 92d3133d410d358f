package io.karu.gateway.keystore;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.security.keystore.KeystoreService;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Registers KEYS-V1 and KEYS-V2 over every key store of the gateway. */
@Component(
        name = "org.eclipse.kura.core.keystore.request.handler.KeystoreServiceRequestHandlerV1",
        immediate = true,
        service = {})
public class KeystoreApplications {

    private static final String PID = "kura.service.pid";

    private final Map<String, KeystoreService> keystores = new ConcurrentHashMap<>();

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addKeystore(KeystoreService keystore, Map<String, Object> properties) {
        keystores.put(String.valueOf(properties.get(PID)), keystore);
    }

    public void removeKeystore(KeystoreService keystore, Map<String, Object> properties) {
        keystores.remove(String.valueOf(properties.get(PID)), keystore);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.registerRequestHandler("KEYS-V1", new KeystoreRequests(keystores, false));
        registry.registerRequestHandler("KEYS-V2", new KeystoreRequests(keystores, true));
    }

    public void removeRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.unregister("KEYS-V1");
        registry.unregister("KEYS-V2");
    }
}
