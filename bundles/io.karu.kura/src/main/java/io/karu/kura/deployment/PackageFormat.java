package io.karu.kura.deployment;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.osgi.framework.Version;

/**
 * Reads a deployment package entry by entry, as DeploymentAdmin does, and keeps what is wrong with
 * it.
 */
final class PackageFormat {

    private static final String MANIFEST = "META-INF/MANIFEST.MF";

    private final List<Finding> findings = new ArrayList<>();
    private final List<Bundle> bundles = new ArrayList<>();
    private String symbolicName;
    private Version version;

    private PackageFormat() {}

    static PackageFormat scan(byte[] bytes) {
        PackageFormat format = new PackageFormat();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            format.read(zip);
        } catch (IOException | IllegalArgumentException e) {
            format.add(
                    Finding.Code.NOT_A_PACKAGE,
                    "package",
                    "The file cannot be read: " + e.getMessage());
        }
        return format;
    }

    List<Finding> findings() {
        return findings;
    }

    List<Bundle> bundles() {
        return bundles;
    }

    String symbolicName() {
        return symbolicName;
    }

    Version version() {
        return version;
    }

    private void read(ZipInputStream zip) throws IOException {
        Inflation inflation = new Inflation();
        ZipEntry first = zip.getNextEntry();
        if (first == null) {
            add(
                    Finding.Code.NOT_A_PACKAGE,
                    "package",
                    "The file is no ZIP archive, or an empty one");
            return;
        }
        if (!first.getName().equals(MANIFEST)) {
            add(
                    Finding.Code.MANIFEST_NOT_FIRST,
                    first.getName(),
                    "The first entry must be " + MANIFEST);
            return;
        }
        Manifest manifest = new Manifest(new ByteArrayInputStream(inflation.readAll(zip)));
        Map<String, Attributes> listed = new LinkedHashMap<>(manifest.getEntries());
        readMain(manifest.getMainAttributes());

        Set<String> names = new HashSet<>();
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            String name = entry.getName();
            Attributes section = listed.remove(name);
            checkName(name);
            if (section == null) {
                // What follows the last bundle is ignored; what stands before it is not.
                if (!listed.isEmpty()) {
                    add(
                            Finding.Code.ENTRY_UNEXPECTED,
                            name,
                            "The manifest does not list this entry; directories and signatures cannot"
                                    + " stand before bundles, sign the bundles instead");
                }
                inflation.skip(zip);
            } else {
                readBundle(name, section, inflation.readAll(zip), names);
            }
        }
        listed.forEach(this::missing);
    }

    private void readMain(Attributes main) {
        symbolicName = main.getValue(DeploymentPackage.SYMBOLIC_NAME);
        if (symbolicName == null || symbolicName.isBlank()) {
            add(
                    Finding.Code.HEADER_MISSING,
                    DeploymentPackage.SYMBOLIC_NAME,
                    "The header is missing");
        }
        version =
                version(DeploymentPackage.VERSION, main.getValue(DeploymentPackage.VERSION))
                        .orElse(null);
        String fix = main.getValue("DeploymentPackage-FixPack");
        if (fix != null) {
            add(
                    Finding.Code.FIX_PACKAGE,
                    "DeploymentPackage-FixPack",
                    "The package only fixes "
                            + fix
                            + "; Kura could not install it at its next start, ship the whole package");
        }
    }

    private void readBundle(String name, Attributes section, byte[] jar, Set<String> names) {
        if (section.getValue("Resource-Processor") != null
                || section.getValue("Bundle-SymbolicName") == null) {
            add(
                    Finding.Code.RESOURCE_UNSUPPORTED,
                    name,
                    "Kura has no processor for resources; put the file into a bundle");
            return;
        }
        Optional<Version> expected =
                version(name + " Bundle-Version", section.getValue("Bundle-Version"));
        String expectedName = section.getValue("Bundle-SymbolicName").split(";", 2)[0].trim();
        if (!names.add(expectedName)) {
            add(Finding.Code.BUNDLE_TWICE, name, expectedName + " is in the package twice");
        }
        try {
            Bundle bundle = Bundle.read(jar);
            bundles.add(bundle);
            if (!bundle.symbolicName().equals(expectedName)
                    || expected.isPresent() && !bundle.version().equals(expected.get())) {
                add(
                        Finding.Code.BUNDLE_HEADERS_DIFFER,
                        name,
                        "The jar is "
                                + bundle
                                + ", but the manifest lists "
                                + expectedName
                                + " "
                                + expected.orElse(null));
            }
        } catch (DeploymentPackageException e) {
            e.findings().forEach(f -> add(f.code(), name, f.message()));
        }
    }

    private void missing(String name, Attributes section) {
        if ("true".equals(section.getValue("DeploymentPackage-Missing"))) {
            add(Finding.Code.FIX_PACKAGE, name, "The bundle is left out, as in a fix package");
        } else {
            add(
                    Finding.Code.ENTRY_MISSING,
                    name,
                    "The manifest lists this entry, but it is not in the file");
        }
    }

    private void checkName(String name) {
        boolean legal =
                name.matches("[A-Za-z0-9._/-]+") && !name.contains("//") && !name.startsWith("/");
        if (!legal) {
            add(
                    Finding.Code.NAME_ILLEGAL,
                    name,
                    "Names of entries may have letters, digits and . _ - / only");
        }
    }

    private Optional<Version> version(String subject, String value) {
        if (value == null || value.isBlank()) {
            add(Finding.Code.HEADER_MISSING, subject, "The version is missing");
            return Optional.empty();
        }
        try {
            return Optional.of(Version.parseVersion(value));
        } catch (IllegalArgumentException e) {
            add(
                    Finding.Code.VERSION_INVALID,
                    subject,
                    "\"" + value + "\" is no OSGi version such as 1.2.0.202606011200");
            return Optional.empty();
        }
    }

    private void add(Finding.Code code, String subject, String message) {
        findings.add(new Finding(code, subject, message));
    }
}
