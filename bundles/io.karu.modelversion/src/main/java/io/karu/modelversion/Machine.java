package io.karu.modelversion;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The machine that something was made or measured on; nothing in it changes from run to run.
 *
 * @param processor model name; empty when unknown
 * @param cores that this process may use
 * @param cpuFlags abilities of the processor that matter to inference
 * @param memoryBytes main memory
 */
public record Machine(String processor, int cores, List<String> cpuFlags, long memoryBytes) {
    private static final List<String> TOLD =
            List.of("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm");

    public Machine {
        cpuFlags = List.copyOf(cpuFlags);
    }

    /** This machine. */
    public static Machine here() {
        String flags = " " + cpu("flags") + " " + cpu("Features") + " ";
        return new Machine(
                cpu("model name"),
                Runtime.getRuntime().availableProcessors(),
                TOLD.stream().filter(flag -> flags.contains(" " + flag + " ")).toList(),
                physicalMemory());
    }

    /** Physical memory; the JVM's limit where the system does not tell. */
    private static long physicalMemory() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(line -> line.startsWith("MemTotal:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .orElseGet(Runtime.getRuntime()::maxMemory);
        } catch (IOException e) {
            return Runtime.getRuntime().maxMemory();
        }
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("processor", processor);
        map.put("cores", cores);
        map.put("cpuFlags", cpuFlags);
        map.put("memoryBytes", memoryBytes);
        return map;
    }

    static Machine read(JsonObject json) {
        List<String> flags = new ArrayList<>();
        json.getAsJsonArray("cpuFlags").forEach(flag -> flags.add(flag.getAsString()));
        return new Machine(
                json.get("processor").getAsString(),
                json.get("cores").getAsInt(),
                flags,
                json.get("memoryBytes").getAsLong());
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
