package io.karu.gateway.launcher;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.Jar;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.util.Arrays;

/** A bundle that is made while a test runs. */
final class TestBundle implements AutoCloseable {

    private final Builder builder = new Builder();
    private final String symbolicName;
    private final String version;

    private TestBundle(String symbolicName, String version) {
        this.symbolicName = symbolicName;
        this.version = version;
        builder.setProperty("Bundle-SymbolicName", symbolicName);
        builder.setProperty("Bundle-Version", version);
        builder.setProperty("-noimportjava", "true");
        builder.setProperty("-noextraheaders", "true");
        builder.setProperty("-resourceonly", "true");
        builder.setProperty("-reproducible", "true");
        builder.setProperty("-dsannotations-options", "version;maximum=1.4.0");
    }

    static TestBundle named(String symbolicName, String version) {
        return new TestBundle(symbolicName, version);
    }

    TestBundle header(String name, String value) {
        builder.setProperty(name, value);
        return this;
    }

    TestBundle classesOf(Class<?> type) {
        return header("-privatepackage", type.getPackageName());
    }

    TestBundle activatedBy(Class<?> activator) {
        return classesOf(activator).header("Bundle-Activator", activator.getName());
    }

    TestBundle file(String path, String text) {
        builder.setProperty(
                "-includeresource." + path.hashCode(), path + ";literal='" + text + "'");
        return this;
    }

    String symbolicName() {
        return symbolicName;
    }

    String version() {
        return version;
    }

    byte[] bytes() throws Exception {
        builder.addClasspath(
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(File::new)
                        .filter(File::exists)
                        .toList());
        Jar jar = builder.build();
        if (!builder.getErrors().isEmpty()) {
            throw new IllegalStateException(builder.getErrors().toString());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        jar.write(bytes);
        return bytes.toByteArray();
    }

    @Override
    public void close() throws Exception {
        builder.close();
    }
}
