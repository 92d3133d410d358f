package io.karu.gateway.system;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.eclipse.kura.system.ExtendedProperties;
import org.eclipse.kura.system.SystemResourceInfo;
import org.eclipse.kura.system.SystemResourceType;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Kura's system service: {@code kura.properties} with Kura's defaults, overridden by {@code
 * user/kura_custom.properties} in the home directory and then by the JVM's properties of the same
 * name, as on Kura.
 */
@Component(
        name = "org.eclipse.kura.system.SystemService",
        immediate = true,
        property = "kura.service.pid=org.eclipse.kura.system.SystemService")
public final class KuraSystemService implements SystemService {

    private final BundleContext context;
    private final Properties properties = new Properties();

    @Activate
    public KuraSystemService(BundleContext context) throws IOException {
        this.context = context;
        String home = context.getProperty("kura.home");
        if (home == null) {
            throw new IllegalStateException(
                    "the framework property kura.home is missing: it names the gateway's home directory");
        }
        properties.setProperty("kura.name", "Karu development gateway");
        properties.setProperty("kura.version", "KURA_5.6.0");
        properties.setProperty("kura.home", home);
        properties.setProperty("kura.data", home + "/data");
        properties.setProperty("kura.packages", home + "/packages");
        properties.setProperty("kura.plugins", home + "/plugins");
        properties.setProperty("kura.snapshots", home + "/user/snapshots");
        properties.setProperty("kura.snapshots.count", "10");
        properties.setProperty("kura.tmp", home + "/tmp");
        properties.setProperty("kura.user.config", home + "/user");
        properties.setProperty("kura.framework.config", home + "/framework");
        properties.setProperty("kura.style.dir", home + "/console/skin");
        properties.setProperty("kura.device.name", getHostname());
        properties.setProperty("kura.model.id", "development-gateway");
        properties.setProperty("kura.model.name", "Karu development gateway");
        properties.setProperty("kura.partNumber", "UNKNOWN");
        properties.setProperty("kura.serialNumber", "UNKNOWN");
        properties.setProperty("kura.bios.version", "UNKNOWN");
        properties.setProperty("kura.firmware.version", "UNKNOWN");
        properties.setProperty("kura.platform", "unknown");
        properties.setProperty("kura.web.enabled", "true");
        properties.setProperty("kura.command.user", System.getProperty("user.name"));
        properties.setProperty("kura.marketplace.compatibility.version", "KURA_5.6.0");
        properties.setProperty("console.device.management.service.ignore", "");
        properties.setProperty("file.upload.size.max", "-1");
        properties.setProperty("dpa.configuration", home + "/packages/dpa.properties");
        properties.setProperty("dpa.connection.timeout", "60000");
        properties.setProperty("dpa.read.timeout", "60000");
        Path custom = Path.of(home, "user", "kura_custom.properties");
        if (Files.exists(custom)) {
            try (InputStream in = Files.newInputStream(custom)) {
                properties.load(in);
            }
        }
        for (String name : properties.stringPropertyNames()) {
            String override = System.getProperty(name);
            if (override != null) {
                properties.setProperty(name, override);
            }
        }
    }

    @Override
    public Properties getProperties() {
        Properties copy = new Properties();
        copy.putAll(properties);
        return copy;
    }

    @Override
    public String getKuraHome() {
        return property("kura.home");
    }

    @Override
    public String getKuraDataDirectory() {
        return property("kura.data");
    }

    @Override
    public String getKuraSnapshotsDirectory() {
        return property("kura.snapshots");
    }

    @Override
    public int getKuraSnapshotsCount() {
        return Integer.parseInt(property("kura.snapshots.count"));
    }

    @Override
    public String getKuraTemporaryConfigDirectory() {
        return property("kura.tmp");
    }

    @Override
    public String getKuraUserConfigDirectory() {
        return property("kura.user.config");
    }

    @Override
    public String getKuraFrameworkConfigDirectory() {
        return property("kura.framework.config");
    }

    @Override
    public String getKuraStyleDirectory() {
        return property("kura.style.dir");
    }

    @Override
    public String getKuraVersion() {
        return property("kura.version");
    }

    @Override
    public String getKuraMarketplaceCompatibilityVersion() {
        return property("kura.marketplace.compatibility.version");
    }

    @Override
    public String getKuraWebEnabled() {
        return property("kura.web.enabled");
    }

    @Override
    public int getKuraWifiTopChannel() {
        return Integer.MAX_VALUE;
    }

    @Override
    public String getDeviceName() {
        return property("kura.device.name");
    }

    @Override
    public String getModelId() {
        return property("kura.model.id");
    }

    @Override
    public String getModelName() {
        return property("kura.model.name");
    }

    @Override
    public String getPartNumber() {
        return property("kura.partNumber");
    }

    @Override
    public String getSerialNumber() {
        return property("kura.serialNumber");
    }

    @Override
    public String getBiosVersion() {
        return property("kura.bios.version");
    }

    @Override
    public String getFirmwareVersion() {
        return property("kura.firmware.version");
    }

    @Override
    public String getPlatform() {
        return property("kura.platform");
    }

    @Override
    public String getCommandUser() {
        return property("kura.command.user");
    }

    @Override
    public List<String> getDeviceManagementServiceIgnore() {
        return Arrays.stream(property("console.device.management.service.ignore").split(","))
                .map(String::trim)
                .filter(pid -> !pid.isEmpty())
                .toList();
    }

    @Override
    public int getFileCommandZipMaxUploadNumber() {
        return 1024;
    }

    @Override
    public int getFileCommandZipMaxUploadSize() {
        return 100;
    }

    @Override
    public Optional<ExtendedProperties> getExtendedProperties() {
        return Optional.empty();
    }

    @Override
    public String getNetVirtualDevicesConfig() {
        return "netConfigVirtualDevicesUnmanaged";
    }

    @Override
    public boolean isLegacyBluetoothBeaconScan() {
        return false;
    }

    @Override
    public boolean isLegacyPPPLoggingEnabled() {
        return false;
    }

    @Override
    public char[] getJavaKeyStorePassword() {
        return new char[0];
    }

    @Override
    public char[] getJavaTrustStorePassword() {
        return "changeit".toCharArray();
    }

    @Override
    public Bundle[] getBundles() {
        return context.getBundles();
    }

    @Override
    public List<SystemResourceInfo> getSystemPackages() {
        List<SystemResourceInfo> resources = new ArrayList<>();
        for (Bundle bundle : getBundles()) {
            resources.add(
                    new SystemResourceInfo(
                            bundle.getSymbolicName(),
                            bundle.getVersion().toString(),
                            SystemResourceType.BUNDLE));
        }
        return resources;
    }

    @Override
    public String getOsgiFwName() {
        return context.getProperty(Constants.FRAMEWORK_VENDOR);
    }

    @Override
    public String getOsgiFwVersion() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getVersion().toString();
    }

    @Override
    public String getOsName() {
        return System.getProperty("os.name");
    }

    @Override
    public String getOsVersion() {
        return System.getProperty("os.version");
    }

    @Override
    public String getOsArch() {
        return System.getProperty("os.arch");
    }

    @Override
    public String getOsDistro() {
        return osRelease("NAME");
    }

    @Override
    public String getOsDistroVersion() {
        return osRelease("VERSION_ID");
    }

    private static String osRelease(String key) {
        try (InputStream in = Files.newInputStream(Path.of("/etc/os-release"))) {
            Properties release = new Properties();
            release.load(in);
            return release.getProperty(key, "UNKNOWN").replace("\"", "");
        } catch (IOException e) {
            return "UNKNOWN";
        }
    }

    @Override
    public String getCpuVersion() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("UNKNOWN");
        } catch (IOException e) {
            return "UNKNOWN";
        }
    }

    @Override
    public int getNumberOfProcessors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** In KiB, as Kura reports it. */
    @Override
    public long getTotalMemory() {
        return Runtime.getRuntime().totalMemory() / 1024;
    }

    /** In KiB, as Kura reports it. */
    @Override
    public long getFreeMemory() {
        return Runtime.getRuntime().freeMemory() / 1024;
    }

    @Override
    public String getFileSeparator() {
        return java.io.File.separator;
    }

    @Override
    public String getHostname() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "UNKNOWN";
        }
    }

    @Override
    public String getPrimaryNetworkInterfaceName() {
        return primaryInterface().map(NetworkInterface::getName).orElse("UNKNOWN");
    }

    @Override
    public String getPrimaryMacAddress() {
        return primaryInterface()
                .flatMap(KuraSystemService::hardwareAddress)
                .map(address -> HexFormat.ofDelimiter(":").withUpperCase().formatHex(address))
                .orElse("00:00:00:00:00:00");
    }

    private static Optional<NetworkInterface> primaryInterface() {
        try {
            return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                    .filter(each -> hardwareAddress(each).isPresent())
                    .findFirst();
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    private static Optional<byte[]> hardwareAddress(NetworkInterface each) {
        try {
            return Optional.ofNullable(each.getHardwareAddress());
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    @Override
    public String getJavaHome() {
        return System.getProperty("java.home");
    }

    @Override
    public String getJavaVendor() {
        return System.getProperty("java.runtime.name");
    }

    @Override
    public String getJavaVersion() {
        return System.getProperty("java.runtime.version");
    }

    @Override
    public String getJavaVmInfo() {
        return System.getProperty("java.vm.info");
    }

    @Override
    public String getJavaVmName() {
        return System.getProperty("java.vm.name");
    }

    @Override
    public String getJavaVmVendor() {
        return ManagementFactory.getRuntimeMXBean().getVmVendor();
    }

    @Override
    public String getJavaVmVersion() {
        return System.getProperty("java.vm.version");
    }

    @Override
    public String getJdkVendorVersion() {
        return System.getProperty("java.vendor.version", "UNKNOWN");
    }

    private String property(String name) {
        return properties.getProperty(name);
    }
}
