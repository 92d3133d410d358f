package io.karu.gateway.cloud;

import com.google.gson.JsonObject;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraPosition;
import org.eclipse.kura.system.ExtendedProperties;
import org.eclipse.kura.system.SystemAdminService;
import org.eclipse.kura.system.SystemService;

/**
 * What Kura tells of itself when it comes (BIRTH, APPS) and goes (DC). All metrics are text; absent
 * values are left out.
 */
final class LifecyclePayloads {

    private static final String UNKNOWN = "UNKNOWN";

    private final SystemService system;
    private final SystemAdminService admin;

    LifecyclePayloads(SystemService system, SystemAdminService admin) {
        this.system = system;
        this.admin = admin;
    }

    KuraPayload birth(CloudServiceOptions options, Collection<String> applicationIds) {
        KuraPayload birth = new KuraPayload();
        add(birth, "uptime", admin.getUptime());
        add(birth, "display_name", options.displayName());
        add(birth, "model_name", system.getModelName());
        add(birth, "model_id", system.getModelId());
        add(birth, "part_number", system.getPartNumber());
        add(birth, "serial_number", system.getSerialNumber());
        add(birth, "firmware_version", system.getFirmwareVersion());
        add(birth, "bios_version", system.getBiosVersion());
        add(birth, "cpu_version", system.getCpuVersion());
        add(birth, "os", system.getOsName());
        add(birth, "os_version", system.getOsVersion());
        add(birth, "os_arch", system.getOsArch());
        add(birth, "jvm_name", system.getJavaVmName());
        add(birth, "jvm_version", system.getJavaVmVersion() + " " + system.getJavaVmInfo());
        add(birth, "jvm_profile", system.getJavaVendor() + " " + system.getJavaVersion());
        add(birth, "jvm_vendor", system.getJavaVmVendor());
        add(birth, "jdk_vendor_version", system.getJdkVendorVersion());
        add(birth, "kura_version", system.getKuraVersion());
        add(birth, "application_framework", "Kura");
        add(birth, "application_framework_version", system.getKuraVersion());
        add(birth, "osgi_framework", system.getOsgiFwName());
        add(birth, "osgi_framework_version", system.getOsgiFwVersion());
        List<NetworkInterface> interfaces = activeInterfaces();
        add(
                birth,
                "connection_interface",
                joined(interfaces.stream().map(LifecyclePayloads::nameAndMac).toList()));
        add(
                birth,
                "connection_ip",
                joined(interfaces.stream().map(LifecyclePayloads::address).toList()));
        add(birth, "accept_encoding", options.compress() ? "gzip" : "");
        add(birth, "application_ids", String.join(",", applicationIds));
        add(birth, "available_processors", String.valueOf(system.getNumberOfProcessors()));
        add(birth, "total_memory", String.valueOf(system.getTotalMemory()));
        add(birth, "payload_encoding", options.encoding().name());
        system.getExtendedProperties()
                .ifPresent(extended -> add(birth, "extended_properties", json(extended)));
        birth.setPosition(nowhere());
        return birth;
    }

    KuraPayload disconnect(CloudServiceOptions options) {
        KuraPayload disconnect = new KuraPayload();
        add(disconnect, "uptime", admin.getUptime());
        add(disconnect, "display_name", options.displayName());
        return disconnect;
    }

    private static void add(KuraPayload payload, String name, String value) {
        if (value != null) {
            payload.addMetric(name, value);
        }
    }

    /** Kura without GPS is at 0/0/0. */
    private static KuraPosition nowhere() {
        KuraPosition position = new KuraPosition();
        position.setLatitude(0);
        position.setLongitude(0);
        position.setAltitude(0);
        return position;
    }

    private static String json(ExtendedProperties extended) {
        JsonObject groups = new JsonObject();
        extended.getPropertyGroups()
                .forEach(
                        group -> {
                            JsonObject properties = new JsonObject();
                            group.getProperties().forEach(properties::addProperty);
                            groups.add(group.getName(), properties);
                        });
        JsonObject json = new JsonObject();
        json.addProperty("version", extended.getVersion());
        json.add("properties", groups);
        return json.toString();
    }

    private static List<NetworkInterface> activeInterfaces() {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(candidate -> isActive(candidate) && firstAddress(candidate).isPresent())
                    .toList();
        } catch (SocketException e) {
            return List.of();
        }
    }

    private static boolean isActive(NetworkInterface candidate) {
        try {
            return candidate.isUp() && !candidate.isLoopback();
        } catch (SocketException e) {
            return false;
        }
    }

    private static String nameAndMac(NetworkInterface of) {
        try {
            byte[] mac = of.getHardwareAddress();
            return of.getName()
                    + " ("
                    + (mac == null
                            ? UNKNOWN
                            : HexFormat.ofDelimiter(":").formatHex(mac).toUpperCase(Locale.ROOT))
                    + ")";
        } catch (SocketException e) {
            return of.getName() + " (" + UNKNOWN + ")";
        }
    }

    private static String address(NetworkInterface of) {
        return firstAddress(of).map(InetAddress::getHostAddress).orElse(UNKNOWN);
    }

    private static Optional<InetAddress> firstAddress(NetworkInterface of) {
        return of.inetAddresses().filter(java.net.Inet4Address.class::isInstance).findFirst();
    }

    private static String joined(List<String> values) {
        return values.isEmpty() ? UNKNOWN : values.stream().collect(Collectors.joining(","));
    }
}
