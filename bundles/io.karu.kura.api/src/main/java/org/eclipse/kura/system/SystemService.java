package org.eclipse.kura.system;

import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.eclipse.kura.KuraProcessExecutionErrorException;
import org.osgi.annotation.versioning.ProviderType;
import org.osgi.framework.Bundle;

/** What is known of the device, of Java and of the framework. */
@ProviderType
public interface SystemService {

    String getBiosVersion();

    Bundle[] getBundles();

    String getCommandUser();

    String getCpuVersion();

    List<String> getDeviceManagementServiceIgnore();

    String getDeviceName();

    Optional<ExtendedProperties> getExtendedProperties();

    int getFileCommandZipMaxUploadNumber();

    int getFileCommandZipMaxUploadSize();

    String getFileSeparator();

    String getFirmwareVersion();

    long getFreeMemory();

    String getHostname();

    String getJavaHome();

    char[] getJavaKeyStorePassword();

    char[] getJavaTrustStorePassword();

    String getJavaVendor();

    String getJavaVersion();

    String getJavaVmInfo();

    String getJavaVmName();

    String getJavaVmVendor();

    String getJavaVmVersion();

    String getJdkVendorVersion();

    String getKuraDataDirectory();

    String getKuraFrameworkConfigDirectory();

    String getKuraHome();

    String getKuraMarketplaceCompatibilityVersion();

    int getKuraSnapshotsCount();

    String getKuraSnapshotsDirectory();

    String getKuraStyleDirectory();

    String getKuraTemporaryConfigDirectory();

    String getKuraUserConfigDirectory();

    String getKuraVersion();

    String getKuraWebEnabled();

    int getKuraWifiTopChannel();

    String getModelId();

    String getModelName();

    String getNetVirtualDevicesConfig();

    int getNumberOfProcessors();

    String getOsArch();

    String getOsDistro();

    String getOsDistroVersion();

    String getOsName();

    String getOsVersion();

    String getOsgiFwName();

    String getOsgiFwVersion();

    String getPartNumber();

    String getPlatform();

    String getPrimaryMacAddress();

    String getPrimaryNetworkInterfaceName();

    Properties getProperties();

    String getSerialNumber();

    List<SystemResourceInfo> getSystemPackages() throws KuraProcessExecutionErrorException;

    long getTotalMemory();

    boolean isLegacyBluetoothBeaconScan();

    boolean isLegacyPPPLoggingEnabled();
}
