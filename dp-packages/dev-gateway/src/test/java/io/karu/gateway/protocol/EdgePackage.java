package io.karu.gateway.protocol;

import com.x.edge.Inspector;
import io.karu.kura.deployment.Bundle;
import io.karu.kura.deployment.ContentVersion;
import io.karu.kura.deployment.DeploymentPackage;
import io.karu.kura.deployment.DeploymentPackageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.osgi.framework.Version;

/**
 * The package {@code com.x.edge} of the golden exchanges: one bundle with a component and a factory
 * of components.
 */
final class EdgePackage {

    static final String NAME = "com.x.edge";

    private EdgePackage() {}

    static byte[] version(String version) {
        return of(version, "org.eclipse.kura.configuration;version=\"[1.0,2)\"");
    }

    /** A package whose bundle cannot resolve. */
    static byte[] unresolvable(String version) {
        return of(version, "org.eclipse.kura.configuration;version=\"[1.0,2)\",com.x.absent");
    }

    private static byte[] of(String version, String imports) {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "com.x.edge.inspect");
        main.putValue("Bundle-Version", version);
        main.putValue("Import-Package", imports);
        main.putValue("Service-Component", "OSGI-INF/inspector.xml,OSGI-INF/station.xml");
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("OSGI-INF/inspector.xml", component("com.x.edge.Inspector", "optional"));
        entries.put("OSGI-INF/station.xml", component("com.x.edge.Station", "require"));
        entries.put(
                "OSGI-INF/metatype/com.x.edge.Inspector.xml",
                metatype("com.x.edge.Inspector", "pid"));
        entries.put(
                "OSGI-INF/metatype/com.x.edge.Station.xml",
                metatype("com.x.edge.Station", "factoryPid"));
        entries.put("com/x/edge/Inspector.class", classBytes(Inspector.class));
        try {
            Bundle bundle = Bundle.read(ContentVersion.jar(manifest, entries));
            return new DeploymentPackage(NAME, Version.parseVersion(version), List.of(bundle))
                    .toBytes();
        } catch (DeploymentPackageException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] component(String pid, String policy) {
        return """
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="%s"
                    configuration-policy="%s" modified="updated">
                  <implementation class="com.x.edge.Inspector"/>
                  <property name="service.pid" value="%s"/>
                  <service><provide interface="org.eclipse.kura.configuration.ConfigurableComponent"/></service>
                </scr:component>
                """
                .formatted(pid, policy, pid)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] metatype(String pid, String designated) {
        return """
                <MetaData xmlns="http://www.osgi.org/xmlns/metatype/v1.2.0">
                  <OCD id="%1$s" name="%1$s" description="For tests.">
                    <AD id="threshold" name="Threshold" type="Double" cardinality="0" required="true" default="0.5" max="1"/>
                    <AD id="name" name="Name" type="String" cardinality="0" required="true" default="line"/>
                    <AD id="secret" name="Secret" type="Password" cardinality="0" required="false" default="hidden"/>
                  </OCD>
                  <Designate %2$s="%1$s"><Object ocdref="%1$s"/></Designate>
                </MetaData>
                """
                .formatted(pid, designated)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] classBytes(Class<?> type) {
        try (InputStream in =
                type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
