package io.karu.compression.gateway;

import java.nio.file.Path;
import java.util.List;

/**
 * What a worker's JVM needs: the classes of compression and of an inference engine.
 *
 * @param jars in the order of the class path
 * @param options of the JVM, such as where native libraries are
 */
public record WorkerClassPath(List<Path> jars, List<String> options) {
    public WorkerClassPath {
        jars = List.copyOf(jars);
        options = List.copyOf(options);
    }
}
