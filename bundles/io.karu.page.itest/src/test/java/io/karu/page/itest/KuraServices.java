package io.karu.page.itest;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.identity.Permission;
import org.eclipse.kura.system.SystemService;

/** Kura's services, as far as the uplink and the page ask them. */
final class KuraServices {
    static final String PASSWORD = "We!come12345";

    private KuraServices() {}

    @SuppressWarnings("unchecked")
    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return (T)
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "hashCode" -> System.identityHashCode(proxy);
                                    case "equals" -> proxy == arguments[0];
                                    case "toString" -> type.getSimpleName();
                                    default -> handler.invoke(proxy, method, arguments);
                                });
    }

    static SystemService system(Path data) {
        return proxy(
                SystemService.class,
                (proxy, method, arguments) ->
                        switch (method.getName()) {
                            case "getKuraDataDirectory" -> data.toString();
                            case "getKuraVersion" -> "KURA_5.6.0";
                            default -> throw new UnsupportedOperationException(method.getName());
                        });
    }

    static CryptoService crypto() {
        return proxy(CryptoService.class, (proxy, method, arguments) -> arguments[0]);
    }

    /** Knows of no component. */
    static ConfigurationService configurations() {
        return proxy(
                ConfigurationService.class,
                (proxy, method, arguments) ->
                        switch (method.getName()) {
                            case "getComponentConfiguration" -> null;
                            default -> throw new UnsupportedOperationException(method.getName());
                        });
    }

    /** The identity {@code admin}. */
    static IdentityService identities() {
        return proxy(
                IdentityService.class,
                (proxy, method, arguments) ->
                        switch (method.getName()) {
                            case "checkPassword" -> {
                                if (!arguments[0].equals("admin")
                                        || !new String((char[]) arguments[1]).equals(PASSWORD)) {
                                    throw new KuraException(KuraErrorCode.SECURITY_EXCEPTION);
                                }
                                yield null;
                            }
                            case "checkPermission" -> {
                                if (!((Permission) arguments[1]).getName().equals("kura.admin")) {
                                    throw new KuraException(KuraErrorCode.SECURITY_EXCEPTION);
                                }
                                yield null;
                            }
                            case "createPermission" -> true;
                            default -> throw new UnsupportedOperationException(method.getName());
                        });
    }

    /** A cloud connection's registry of apps. */
    static final class Registry implements RequestHandlerRegistry {
        final Map<String, RequestHandler> apps = new ConcurrentHashMap<>();

        @Override
        public void registerRequestHandler(String id, RequestHandler app) {
            apps.put(id, app);
        }

        @Override
        public void unregister(String id) {
            apps.remove(id);
        }
    }

    /** A cloud publisher whose broker confirms at once. */
    static final class Publisher implements CloudPublisher {
        final List<KuraMessage> messages = new CopyOnWriteArrayList<>();
        private final List<CloudDeliveryListener> deliveries = new CopyOnWriteArrayList<>();

        @Override
        public String publish(KuraMessage message) {
            messages.add(message);
            String id = "m" + messages.size();
            deliveries.forEach(listener -> listener.onMessageConfirmed(id));
            return id;
        }

        @Override
        public void registerCloudConnectionListener(CloudConnectionListener listener) {}

        @Override
        public void unregisterCloudConnectionListener(CloudConnectionListener listener) {}

        @Override
        public void registerCloudDeliveryListener(CloudDeliveryListener listener) {
            deliveries.add(listener);
        }

        @Override
        public void unregisterCloudDeliveryListener(CloudDeliveryListener listener) {
            deliveries.remove(listener);
        }
    }
}
