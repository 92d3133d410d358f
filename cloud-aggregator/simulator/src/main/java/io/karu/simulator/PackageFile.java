package io.karu.simulator;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a gateway has to know of a deployment package. */
record PackageFile(String name, String version, List<Part> bundles, Optional<ModelPart> model) {
    private static final Pattern MODEL =
            Pattern.compile("([^;]+);version=\"([^\"]*)\";digest=\"([^\"]*)\"");

    /** A bundle. */
    record Part(String name, String version) {}

    /** The model version that one of its bundles carries. */
    record ModelPart(String name, String version, String digest) {}

    static PackageFile read(byte[] dp) throws IOException {
        try (JarInputStream jar = new JarInputStream(new ByteArrayInputStream(dp))) {
            Manifest manifest = jar.getManifest();
            if (manifest == null) {
                throw new IOException("the file is no deployment package");
            }
            List<Part> bundles = new ArrayList<>();
            for (Map.Entry<String, Attributes> entry : manifest.getEntries().entrySet()) {
                String name = entry.getValue().getValue("Bundle-SymbolicName");
                if (name != null) {
                    bundles.add(
                            new Part(
                                    name.split(";")[0].trim(),
                                    entry.getValue().getValue("Bundle-Version")));
                }
            }
            Optional<ModelPart> model = Optional.empty();
            for (JarEntry entry = jar.getNextJarEntry();
                    entry != null && model.isEmpty();
                    entry = jar.getNextJarEntry()) {
                if (entry.getName().endsWith(".jar")) {
                    model = model(new JarInputStream(jar).getManifest());
                }
            }
            Attributes main = manifest.getMainAttributes();
            return new PackageFile(
                    main.getValue("DeploymentPackage-SymbolicName"),
                    main.getValue("DeploymentPackage-Version"),
                    bundles,
                    model);
        }
    }

    private static Optional<ModelPart> model(Manifest bundle) {
        String header = bundle == null ? null : bundle.getMainAttributes().getValue("Karu-Model");
        Matcher parts = MODEL.matcher(header == null ? "" : header);
        return parts.matches()
                ? Optional.of(new ModelPart(parts.group(1), parts.group(2), parts.group(3)))
                : Optional.empty();
    }
}
