package io.karu.kura.deployment;

import io.karu.kura.deployment.Finding.Code;
import io.karu.kura.deployment.Target.Installed;
import io.karu.kura.deployment.Target.InstalledBundle;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.utils.manifest.Clause;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.VersionRange;

/**
 * Says what would go wrong with a deployment package on a gateway, before it is offered: Kura
 * itself reports COMPLETED for packages whose bundles never start.
 */
public final class PackageChecker {

    /**
     * The file is downloaded, copied into DeploymentAdmin's store, and the old content kept for a
     * rollback.
     */
    private static final int COPIES = 3;

    private static final Map<String, String> PROCESSORS =
            Map.of(
                    "amd64", "x86-64",
                    "x86_64", "x86-64",
                    "em64t", "x86-64",
                    "arm64", "aarch64",
                    "i386", "x86",
                    "i686", "x86");

    private final Target target;
    private final List<Finding> findings = new ArrayList<>();

    private PackageChecker(Target target) {
        this.target = target;
    }

    /** Everything that is wrong with this package for this gateway; empty when nothing is. */
    public static List<Finding> check(byte[] file, Target target) {
        PackageChecker checker = new PackageChecker(target);
        PackageFormat format = PackageFormat.scan(file);
        checker.findings.addAll(format.findings());
        checker.checkSize(file.length);
        String name = format.symbolicName() == null ? "" : format.symbolicName();
        List<PackageExport> exports = checker.exportsWith(format.bundles());
        for (final Bundle bundle : format.bundles()) {
            checker.checkInstalled(name, bundle);
            checker.checkImports(bundle, exports);
            checker.checkProcessor(bundle);
            checker.checkJava(bundle);
        }
        return List.copyOf(checker.findings);
    }

    private void checkSize(long length) {
        if (length >= Integer.MAX_VALUE) {
            add(
                    Code.TOO_LARGE,
                    "package",
                    "A package must be smaller than 2 GiB, but has " + length + " bytes");
        }
        target.freeBytes()
                .ifPresent(
                        free -> {
                            if (length * COPIES > free) {
                                add(
                                        Code.SPACE,
                                        "package",
                                        "The gateway needs "
                                                + length * COPIES
                                                + " bytes for download, store and snapshot, but has "
                                                + free);
                            }
                        });
    }

    private void checkInstalled(String packageName, Bundle bundle) {
        String name = bundle.symbolicName();
        boolean belongsToAPackage = false;
        for (final Installed installed : target.packages()) {
            for (final InstalledBundle there : installed.bundles()) {
                if (!there.symbolicName().equals(name)) {
                    continue;
                }
                belongsToAPackage = true;
                if (!installed.name().equals(packageName)) {
                    add(
                            Code.BUNDLE_OF_ANOTHER_PACKAGE,
                            name,
                            "The bundle belongs to the installed package " + installed.name());
                } else if (bundle.isNative() && !there.version().equals(bundle.version())) {
                    add(
                            Code.NATIVE_NEEDS_RESTART,
                            name,
                            "Native code is replaced ("
                                    + there.version()
                                    + " by "
                                    + bundle.version()
                                    + "); restart the gateway afterwards");
                }
            }
        }
        boolean otherwise =
                target.bundles().stream()
                        .anyMatch(
                                there ->
                                        there.symbolicName().equals(name)
                                                && there.version().equals(bundle.version()));
        if (otherwise && !belongsToAPackage) {
            add(
                    Code.BUNDLE_INSTALLED_OTHERWISE,
                    name,
                    "The gateway has " + bundle + " already, but not from a deployment package");
        }
        target.content(name, bundle.version())
                .filter(content -> !content.equals(sha256(bundle.bytes())))
                .ifPresent(
                        other ->
                                add(
                                        Code.SAME_VERSION_OTHER_CONTENT,
                                        name,
                                        "The gateway has "
                                                + bundle
                                                + " with other content and would keep it; give the"
                                                + " bundle another version"));
    }

    private List<PackageExport> exportsWith(List<Bundle> bundles) {
        return Stream.concat(
                        target.exports().stream(),
                        bundles.stream().flatMap(b -> b.exports().stream()))
                .toList();
    }

    private void checkImports(Bundle bundle, List<PackageExport> exports) {
        if (target.exports().isEmpty()) {
            return;
        }
        for (final Clause wanted : bundle.clauses(Constants.IMPORT_PACKAGE)) {
            boolean optional =
                    Constants.RESOLUTION_OPTIONAL.equals(
                            wanted.getDirective(Constants.RESOLUTION_DIRECTIVE));
            if (optional || wanted.getName().startsWith("java.")) {
                continue;
            }
            String versions = wanted.getAttribute(Constants.VERSION_ATTRIBUTE);
            VersionRange range = new VersionRange(versions == null ? "0" : versions);
            Set<Version> offered =
                    exports.stream()
                            .filter(export -> export.name().equals(wanted.getName()))
                            .map(PackageExport::version)
                            .collect(Collectors.toSet());
            if (offered.stream().noneMatch(range::includes)) {
                add(
                        Code.IMPORT_UNSATISFIED,
                        bundle.symbolicName(),
                        "The bundle imports "
                                + wanted.getName()
                                + " "
                                + range
                                + ", but the gateway has "
                                + (offered.isEmpty() ? "no such package" : offered.toString())
                                + "; install what exports it first");
            }
        }
    }

    private void checkProcessor(Bundle bundle) {
        List<Clause> clauses = bundle.clauses(Constants.BUNDLE_NATIVECODE);
        if (clauses.isEmpty() || target.osArch().isEmpty()) {
            return;
        }
        String arch = processor(target.osArch().get());
        Set<String> processors =
                clauses.stream()
                        .flatMap(clause -> Stream.of(clause.getAttributes()))
                        .filter(
                                a ->
                                        a.getName()
                                                .equalsIgnoreCase(
                                                        Constants.BUNDLE_NATIVECODE_PROCESSOR))
                        .map(attribute -> processor(attribute.getValue()))
                        .collect(Collectors.toSet());
        boolean otherwise = clauses.stream().anyMatch(clause -> clause.getName().equals("*"));
        if (!otherwise && !processors.isEmpty() && !processors.contains(arch)) {
            add(
                    Code.ARCHITECTURE,
                    bundle.symbolicName(),
                    "The native code is for "
                            + String.join(", ", processors)
                            + ", but the gateway is "
                            + target.osArch().get());
        }
    }

    private void checkJava(Bundle bundle) {
        target.javaVersion()
                .ifPresent(
                        java -> {
                            if (bundle.javaVersion() > java) {
                                add(
                                        Code.JAVA_TOO_OLD,
                                        bundle.symbolicName(),
                                        "The bundle needs Java "
                                                + bundle.javaVersion()
                                                + ", but the gateway runs Java "
                                                + java);
                            }
                        });
    }

    private void add(Code code, String subject, String message) {
        findings.add(new Finding(code, subject, message));
    }

    private static String processor(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return PROCESSORS.getOrDefault(lower, lower);
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
