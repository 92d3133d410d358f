package io.karu.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine that a figure was measured on.
 *
 * @param processor model name
 * @param processors that this process may use
 * @param flags abilities of the processor that matter to inference
 * @param memoryGiB main memory
 * @param load average of the last minute when asked: other work beside the measurement
 * @param java version of the Java runtime
 * @param os name and version of the operating system
 */
public record Machine(
        String processor,
        int processors,
        List<String> flags,
        double memoryGiB,
        double load,
        String java,
        String os) {
    private static final List<String> TOLD =
            List.of("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm");

    /** Reads this machine. */
    public static Machine here() {
        String flags = " " + cpu("flags") + " " + cpu("Features") + " ";
        double memory =
                ((com.sun.management.OperatingSystemMXBean)
                                        ManagementFactory.getOperatingSystemMXBean())
                                .getTotalMemorySize()
                        / (double) (1L << 30);
        return new Machine(
                cpu("model name"),
                Runtime.getRuntime().availableProcessors(),
                TOLD.stream().filter(flag -> flags.contains(" " + flag + " ")).toList(),
                Math.round(memory * 10) / 10.0,
                Math.round(
                                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()
                                        * 100)
                        / 100.0,
                System.getProperty("java.version"),
                System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + " "
                        + System.getProperty("os.arch"));
    }

    /** One line for a person. */
    public String sentence() {
        return processor
                + ", "
                + processors
                + " processors ("
                + String.join(" ", flags)
                + "), "
                + memoryGiB
                + " GiB, load "
                + load
                + ", Java "
                + java
                + ", "
                + os;
    }

    private static String cpu(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
