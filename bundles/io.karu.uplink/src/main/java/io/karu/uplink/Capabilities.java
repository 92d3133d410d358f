package io.karu.uplink;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What this gateway can do, for whoever chooses a model or a package for it.
 *
 * @param karu version of the uplink's bundle
 * @param kura version of Kura
 * @param engines running inference engines
 * @param resources resources of KARU-V1, for instance {@code GET/health}
 */
public record Capabilities(String karu, String kura, List<Engine> engines, List<String> resources) {
    /** Name and version of an inference engine. */
    public record Engine(String name, String version) {}

    /** Instructions that decide how fast a model runs. */
    private static final Set<String> FLAGS =
            Set.of(
                    "sse4_2",
                    "avx",
                    "avx2",
                    "fma",
                    "f16c",
                    "avx512f",
                    "avx512bw",
                    "avx512vl",
                    "avx512_vnni",
                    "avx_vnni",
                    "amx_int8",
                    "amx_bf16",
                    "asimd",
                    "asimdhp",
                    "asimddp",
                    "i8mm",
                    "bf16",
                    "sve",
                    "sve2");

    private static final List<String> CPU_FLAGS = readCpuFlags(Path.of("/proc/cpuinfo"));
    private static final long MEMORY_BYTES = readMemoryBytes(Path.of("/proc/meminfo"));

    JsonObject addTo(JsonObject json) {
        json.addProperty("karu", karu);
        json.addProperty("kura", kura);
        json.addProperty("java", System.getProperty("java.version"));
        json.addProperty("arch", arch(System.getProperty("os.arch")));
        json.addProperty("processors", Runtime.getRuntime().availableProcessors());
        JsonArray flags = new JsonArray();
        CPU_FLAGS.forEach(flags::add);
        json.add("cpuFlags", flags);
        json.addProperty("memoryBytes", MEMORY_BYTES);
        JsonArray list = new JsonArray();
        for (Engine engine : engines) {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", engine.name());
            entry.addProperty("version", engine.version());
            list.add(entry);
        }
        json.add("engines", list);
        JsonArray names = new JsonArray();
        resources.forEach(names::add);
        json.add("resources", names);
        return json;
    }

    static String arch(String osArch) {
        return osArch.equals("amd64") ? "x86_64" : osArch;
    }

    static List<String> readCpuFlags(Path cpuInfo) {
        try (Stream<String> lines = Files.lines(cpuInfo)) {
            return lines.filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).trim().split("\\s+"))
                    .map(flags -> new TreeSet<>(Arrays.asList(flags)))
                    .map(flags -> flags.stream().filter(FLAGS::contains).toList())
                    .orElse(List.of());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Physical memory; the JVM's limit where the system does not tell. */
    static long readMemoryBytes(Path memInfo) {
        try (Stream<String> lines = Files.lines(memInfo)) {
            return lines.filter(line -> line.startsWith("MemTotal:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .orElseGet(Runtime.getRuntime()::maxMemory);
        } catch (IOException e) {
            return Runtime.getRuntime().maxMemory();
        }
    }
}
