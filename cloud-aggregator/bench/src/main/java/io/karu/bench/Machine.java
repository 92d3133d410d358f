package io.karu.bench;

import java.lang.management.ManagementFactory;
import java.util.List;

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
    /** Reads this machine. */
    public static Machine here() {
        io.karu.modelversion.Machine machine = io.karu.modelversion.Machine.here();
        return new Machine(
                machine.processor(),
                machine.cores(),
                machine.cpuFlags(),
                Math.round(machine.memoryBytes() / (double) (1L << 30) * 10) / 10.0,
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
}
