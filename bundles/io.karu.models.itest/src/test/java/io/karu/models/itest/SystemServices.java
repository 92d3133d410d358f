package io.karu.models.itest;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.eclipse.kura.system.SystemService;

/** Kura's SystemService, as far as a bundle of ours asks it. */
final class SystemServices {
    private SystemServices() {}

    static SystemService withData(Path data) {
        return (SystemService)
                Proxy.newProxyInstance(
                        SystemService.class.getClassLoader(),
                        new Class<?>[] {SystemService.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "getKuraDataDirectory" -> data.toString();
                                    case "hashCode" -> System.identityHashCode(proxy);
                                    case "equals" -> proxy == arguments[0];
                                    case "toString" -> "SystemService";
                                    default ->
                                            throw new UnsupportedOperationException(
                                                    method.getName());
                                });
    }
}
