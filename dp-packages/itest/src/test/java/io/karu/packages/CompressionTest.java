package io.karu.packages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.kura.deployment.DeploymentPackage;
import io.karu.packages.TestFramework.Kind;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/**
 * The shipped packages compress a model: the worker's class path is made of the bundles as each
 * framework has them.
 */
class CompressionTest {
    private static final List<DeploymentPackage> PACKAGES =
            List.of(
                    Packages.named("karu-natives-onnx-x86_64"),
                    Packages.named("karu-base"),
                    Packages.named("karu-compression"));
    private static final int FRAMES = 24;
    private static final long SECONDS = 240;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aModelIsCompressedByAWorkerMadeOfTheGatewaysBundles(Kind kind, @TempDir Path home)
            throws Exception {
        Path model = home.resolve("model");
        run(home, SlowModel.class, model.toString());
        writeFrames(home.resolve("data/karu/compression/frames/" + SlowModel.NAME));
        run(home, Gateway.class, kind.name(), home.toString());
    }

    /** ONNX Runtime is loaded once in a JVM, so each gateway has its own. */
    private static void run(Path home, Class<?> main, String... arguments) throws Exception {
        Path output = home.resolve(main.getSimpleName() + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Process child =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            assertTrue(child.waitFor(2 * SECONDS, TimeUnit.SECONDS), () -> read(output));
            assertEquals(0, child.exitValue(), () -> read(output));
        } finally {
            child.destroyForcibly();
        }
    }

    /** A gateway with the packages, which is asked to compress. */
    static final class Gateway {
        private final Path home;
        private final BundleContext context;

        private Gateway(Path home, BundleContext context) {
            this.home = home;
            this.context = context;
        }

        /**
         * @param arguments the framework and the home
         */
        public static void main(String... arguments) throws Exception {
            Kind kind = Kind.valueOf(arguments[0]);
            Path home = Path.of(arguments[1]);
            try (TestFramework framework = TestFramework.start(kind, home)) {
                PACKAGES.forEach(framework::install);
                framework.awaitActive(PACKAGES);
                Gateway gateway = new Gateway(home, framework.context());
                if (kind == Kind.EQUINOX) {
                    gateway.standInForKura();
                }
                gateway.compress();
                Runtime.getRuntime().halt(0);
            } catch (Throwable e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }

        private void compress() throws Exception {
            Object models = service("io.karu.api.model.Models");
            models.getClass().getMethod("add", Path.class).invoke(models, home.resolve("model"));
            await("the model decides", () -> status(models).contains("ACTIVE"));
            await("the resources are there", () -> resource("compression/start") != null);
            String started =
                    ask(
                            "compression/start",
                            "{\"model\":\"" + SlowModel.NAME + "\",\"budget\":0.5}");
            assertTrue(started.contains("\"state\":\"WAITING\""), started);
            await(
                    "the job has ended",
                    () ->
                            !ask("compression/jobs", "{}")
                                    .matches(".*\"state\":\"(WAITING|RUNNING)\".*"));

            String jobs = ask("compression/jobs", "{}");
            assertEquals(9, jobs.split("\"speedup\"", -1).length - 1, jobs);
            if (bytesAreFast() || jobs.contains("SUCCEEDED")) {
                assertTrue(jobs.contains("\"state\":\"SUCCEEDED\""), jobs);
                assertTrue(jobs.contains("\"digest\":\"sha256:"), jobs);
                assertTrue(status(models).contains("1-int8"), status(models));
            } else {
                assertTrue(jobs.contains("\"state\":\"REFUSED\""), jobs);
            }
        }

        private static boolean bytesAreFast() throws IOException {
            String processor = Files.readString(Path.of("/proc/cpuinfo"));
            return processor.contains("avx512_vnni") || processor.contains("avx_vnni");
        }

        private static String status(Object models) throws ReflectiveOperationException {
            return models.getClass().getMethod("status").invoke(models).toString();
        }

        /** What Kura itself gives: a data directory, and a configuration for each metatype. */
        private void standInForKura() throws Exception {
            Class<?> system = api("org.eclipse.kura.system.SystemService");
            Object service =
                    Proxy.newProxyInstance(
                            system.getClassLoader(),
                            new Class<?>[] {system},
                            (proxy, method, arguments) ->
                                    switch (method.getName()) {
                                        case "getKuraDataDirectory" ->
                                                home.resolve("data").toString();
                                        case "hashCode" -> 1;
                                        case "equals" -> proxy == arguments[0];
                                        case "toString" -> "Kura";
                                        default -> null;
                                    });
            context.registerService(system.getName(), service, new Hashtable<>());
            for (String pid : List.of("io.karu.models.Models", "io.karu.compression.Compression")) {
                Object admin = service("org.osgi.service.cm.ConfigurationAdmin");
                Object configuration =
                        admin.getClass()
                                .getMethod("getConfiguration", String.class, String.class)
                                .invoke(admin, pid, "?");
                configuration
                        .getClass()
                        .getMethod("update", Dictionary.class)
                        .invoke(configuration, new Hashtable<String, Object>());
            }
        }

        private Class<?> api(String name) throws ClassNotFoundException {
            for (Bundle bundle : context.getBundles()) {
                if (bundle.getSymbolicName().equals("io.karu.kura.api")) {
                    return bundle.loadClass(name);
                }
            }
            throw new ClassNotFoundException(name);
        }

        private Object service(String type) throws Exception {
            await(type, () -> context.getAllServiceReferences(type, null) != null);
            return context.getService(context.getAllServiceReferences(type, null)[0]);
        }

        private Object resource(String path) throws Exception {
            ServiceReference<?>[] references =
                    context.getAllServiceReferences("io.karu.api.uplink.UplinkResource", null);
            for (ServiceReference<?> reference :
                    references == null ? new ServiceReference<?>[0] : references) {
                Object resource = context.getService(reference);
                if (resource != null
                        && path.equals(resource.getClass().getMethod("path").invoke(resource))) {
                    return resource;
                }
            }
            return null;
        }

        private String ask(String path, String body) throws Exception {
            Object resource = resource(path);
            return (String)
                    resource.getClass().getMethod("handle", String.class).invoke(resource, body);
        }

        private static void await(String what, Callable<Boolean> condition) throws Exception {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (!condition.call()) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("Not within " + SECONDS + " s: " + what);
                }
                Thread.sleep(50);
            }
        }
    }

    private static String read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readAllBytes());
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** As the frames of an earlier run lie there. */
    private static void writeFrames(Path folder) throws Exception {
        Files.createDirectories(folder);
        for (int i = 0; i < FRAMES; i++) {
            byte[] frame = frame(i);
            String digest =
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(frame));
            Files.write(
                    folder.resolve(
                            String.format(
                                    "%016d-%s-%s.frame",
                                    i, i % 4 == 3 ? "other" : "accepted", digest)),
                    frame);
        }
    }

    private static byte[] frame(int seed) throws Exception {
        Random random = new Random(seed);
        int size = SlowModel.SIZE;
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
        int period = 2 + random.nextInt(12);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                image.getRaster().setSample(x, y, 0, (x * y / period + random.nextInt(60)) % 256);
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        return png.toByteArray();
    }
}
