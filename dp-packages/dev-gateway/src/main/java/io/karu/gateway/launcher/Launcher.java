package io.karu.gateway.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.osgi.framework.BundleException;

/** The command {@code java -jar gateway.jar}. */
public final class Launcher {

    private Launcher() {}

    /** Runs a gateway until it is stopped by SIGTERM, or fails to start. */
    public static void main(String... arguments) throws InterruptedException {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("gateway: " + e.getMessage());
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        try {
            Path distribution =
                    Path.of(
                                    Launcher.class
                                            .getProtectionDomain()
                                            .getCodeSource()
                                            .getLocation()
                                            .toURI())
                            .getParent();
            if (!options.javaOptions().isEmpty()) {
                System.exit(ChildJvm.run(distribution.resolve("gateway.jar"), options));
            }
            ChildJvm.stopWithParent();
            new Gateway(distribution, options).run();
        } catch (BundleException | IOException | URISyntaxException e) {
            System.err.println(
                    "gateway: " + options.home() + " does not start: " + rootOf(e).getMessage());
            System.exit(1);
        }
    }

    private static Throwable rootOf(Throwable e) {
        return e.getCause() == null ? e : rootOf(e.getCause());
    }
}
