package io.karu.natives.onnxruntime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;

class NativesActivatorTest {
    @TempDir Path temp;

    private Path base(Map<String, Path> properties) throws Exception {
        return NativesActivator.base(
                (BundleContext)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {BundleContext.class},
                                (proxy, method, arguments) ->
                                        properties.containsKey(arguments[0])
                                                ? properties.get(arguments[0]).toString()
                                                : null));
    }

    @Test
    void librariesLieBelowKurasDataDirectoryHoweverItIsNamed() throws Exception {
        Path expected = temp.resolve("data/karu/natives");
        assertEquals(expected, base(Map.of("kura.data", temp.resolve("data"))));
        assertEquals(expected, base(Map.of("kura.home", temp)));
        assertEquals(
                expected,
                base(Map.of("dpa.configuration", temp.resolve("packages/dpa.properties"))));
    }

    @Test
    void withoutKuraTheyLieInAFolderOfThisUserOnly() throws Exception {
        Path own = base(Map.of());
        assertTrue(own.startsWith(System.getProperty("java.io.tmpdir")));
        assertEquals(
                "rwx------",
                java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(own)));
        Path file = Files.writeString(temp.resolve("file"), "not a folder");
        assertEquals(own, base(Map.of("kura.data", file)));
    }
}
