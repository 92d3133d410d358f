package io.karu.kura.deployment;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.felix.utils.manifest.Clause;
import org.apache.felix.utils.manifest.Parser;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * What a stock gateway offers to bundles.
 *
 * @param name for instance {@code kura-5.6}
 * @param javaVersion the Java that it requires, for instance 17
 * @param exports every package that its bundles and its Java export
 * @param capabilities its Provide-Capability, as a header
 */
public record Platform(
        String name, int javaVersion, List<PackageExport> exports, String capabilities) {

    /** The platforms that packages are made for. */
    public static final List<String> NAMES = List.of("kura-5.6", "kura-6");

    public Platform {
        Objects.requireNonNull(name, "name");
        exports = List.copyOf(exports);
        Objects.requireNonNull(capabilities, "capabilities");
    }

    /**
     * A platform by name.
     *
     * @throws IllegalArgumentException when it is none of {@link #NAMES}
     */
    public static Platform named(String name) {
        try (InputStream in = Platform.class.getResourceAsStream("/platforms/" + name)) {
            if (!NAMES.contains(name) || in == null) {
                throw new IllegalArgumentException(
                        "No platform is called \"" + name + "\"; known are " + NAMES);
            }
            return read(name, new InputStreamReader(in, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The platform for a Kura that calls itself {@code KURA_5.6.0} or the like: the newest that is
     * not newer.
     */
    public static Platform of(String kuraVersion) {
        boolean six = kuraVersion.replaceFirst("^[^0-9]*", "").startsWith("6");
        return named(six ? "kura-6" : "kura-5.6");
    }

    private static Platform read(String name, Reader reader) throws IOException {
        Properties file = new Properties();
        file.load(reader);
        List<PackageExport> exports = new ArrayList<>();
        for (final Clause clause : Parser.parseHeader(file.getProperty(Constants.EXPORT_PACKAGE))) {
            exports.add(PackageExport.of(clause));
        }
        javaPackages()
                .map(javaPackage -> new PackageExport(javaPackage, Version.emptyVersion))
                .forEach(exports::add);
        return new Platform(
                name,
                Integer.parseInt(file.getProperty("java")),
                exports,
                file.getProperty(Constants.PROVIDE_CAPABILITY));
    }

    /** What Java SE exports, as the framework does with it; {@code java.*} needs no import. */
    private static Stream<String> javaPackages() {
        return ModuleFinder.ofSystem().findAll().stream()
                .map(ModuleReference::descriptor)
                .filter(module -> module.name().startsWith("java."))
                .flatMap(module -> module.exports().stream())
                .filter(export -> !export.isQualified() && !export.source().startsWith("java."))
                .map(ModuleDescriptor.Exports::source)
                .sorted();
    }
}
