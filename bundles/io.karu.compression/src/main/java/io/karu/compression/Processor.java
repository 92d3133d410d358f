package io.karu.compression;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a processor can do for eight-bit models.
 *
 * @param architecture as Java names it: {@code amd64}, {@code aarch64}
 * @param flags as Linux names them in {@code /proc/cpuinfo}
 */
public record Processor(String architecture, Set<String> flags) {
    public Processor {
        flags = Set.copyOf(flags);
    }

    /** The processor that this runs on; without flags where the system does not tell them. */
    public static Processor here() {
        Set<String> flags = new TreeSet<>();
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            lines.filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                    .limit(1)
                    .flatMap(
                            line -> Arrays.stream(line.substring(line.indexOf(':') + 1).split(" ")))
                    .filter(flag -> !flag.isBlank())
                    .forEach(flags::add);
        } catch (IOException e) {
            flags.clear();
        }
        return new Processor(System.getProperty("os.arch"), flags);
    }

    /** Whether this is an Intel or AMD processor of 64 bits. */
    public boolean isX86() {
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    /** Whether products of unsigned and signed bytes are summed in 32 bits: x86 with VNNI. */
    public boolean hasVnni() {
        return isX86() && (flags.contains("avx512_vnni") || flags.contains("avx_vnni"));
    }

    /** Whether this is an ARM processor with dot products of bytes. */
    public boolean hasDotProduct() {
        return !isX86() && (flags.contains("asimddp") || flags.contains("i8mm"));
    }

    /** The abilities that decide the variant, for a person: {@code avx2, no VNNI}. */
    public String abilities() {
        Set<String> told = new TreeSet<>(flags);
        told.retainAll(
                Set.of(
                        "avx2",
                        "avx512f",
                        "avx512_vnni",
                        "avx_vnni",
                        "amx_int8",
                        "asimddp",
                        "i8mm"));
        String list = String.join(" ", told);
        return isX86() && !hasVnni() ? (list + " (no avx512_vnni, no avx_vnni)").trim() : list;
    }
}
