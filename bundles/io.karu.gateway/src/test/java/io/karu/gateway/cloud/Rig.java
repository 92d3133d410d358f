package io.karu.gateway.cloud;

import io.karu.gateway.data.DataService;
import io.karu.gateway.testkit.Mosquitto;
import io.karu.gateway.transport.MqttDataTransport;
import io.karu.gateway.transport.SslManager;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.system.SystemAdminService;
import org.eclipse.kura.system.SystemService;

/** The gateway's cloud stack without a framework. */
final class Rig implements AutoCloseable {

    private static final Map<String, Object> TRANSPORT =
            Map.of("topic.context.account-name", "acme", "client-id", "gw01", "username", "");
    private static final Map<String, Object> DATA =
            Map.of("connect.auto-on-startup", true, "connect.retry-interval", 1);

    final MqttDataTransport transport;
    final DataService data;
    final CloudService cloud;

    Rig(Mosquitto broker, Path folder) {
        this(broker, folder, Map.of(), Map.of());
    }

    Rig(
            Mosquitto broker,
            Path folder,
            Map<String, Object> dataProperties,
            Map<String, Object> cloudProperties) {
        this(broker.url(), folder, Map.of(), dataProperties, cloudProperties);
    }

    /** Connects to an address with a TLS configuration. */
    Rig(
            String url,
            Path folder,
            Map<String, Object> sslProperties,
            Map<String, Object> dataProperties) {
        this(url, folder, sslProperties, dataProperties, Map.of());
    }

    private Rig(
            String url,
            Path folder,
            Map<String, Object> sslProperties,
            Map<String, Object> dataProperties,
            Map<String, Object> cloudProperties) {
        SystemService system = system(folder);
        Map<String, Object> broker = new HashMap<>(TRANSPORT);
        broker.put("broker-url", url);
        CryptoService crypto = crypto();
        transport =
                new MqttDataTransport(
                        system, crypto, new SslManager(crypto, sslProperties), broker);
        Map<String, Object> properties = new HashMap<>(DATA);
        properties.put("connect.auto-on-startup", false);
        properties.putAll(dataProperties);
        data = new DataService(transport, system, properties);
        SystemAdminService admin = stub(SystemAdminService.class, Map.of("getUptime", "4711"));
        cloud = new CloudService(data, system, admin, cloudProperties);
        if (!dataProperties.containsKey("connect.auto-on-startup")) {
            properties.put("connect.auto-on-startup", true);
            data.updated(properties);
        }
    }

    @Override
    public void close() {
        cloud.deactivate();
        data.deactivate();
        transport.deactivate();
    }

    private static SystemService system(Path folder) {
        return stub(
                SystemService.class,
                Map.of(
                        "getKuraDataDirectory", folder.toString(),
                        "getPrimaryMacAddress", "02:00:00:00:00:01",
                        "getDeviceName", "press 7",
                        "getHostname", "press7.example",
                        "getKuraVersion", "KURA_5.6.0",
                        "getOsArch", "amd64",
                        "getNumberOfProcessors", 2,
                        "getTotalMemory", 1024L,
                        "getExtendedProperties", Optional.empty()));
    }

    /** Decrypts nothing: passwords in these tests are clear. */
    private static CryptoService crypto() {
        return (CryptoService)
                Proxy.newProxyInstance(
                        Rig.class.getClassLoader(),
                        new Class<?>[] {CryptoService.class},
                        (proxy, method, arguments) -> {
                            throw new KuraException(KuraErrorCode.DECODER_ERROR, "password");
                        });
    }

    private static <T> T stub(Class<T> type, Map<String, Object> answers) {
        return type.cast(
                Proxy.newProxyInstance(
                        Rig.class.getClassLoader(),
                        new Class<?>[] {type},
                        (proxy, method, arguments) -> {
                            if (method.getDeclaringClass() == Object.class) {
                                return method.invoke(answers, arguments);
                            }
                            Object answer = answers.get(method.getName());
                            return answer == null && method.getReturnType() == String.class
                                    ? "UNKNOWN"
                                    : answer == null && method.getReturnType() == List.class
                                            ? List.of()
                                            : answer;
                        }));
    }
}
