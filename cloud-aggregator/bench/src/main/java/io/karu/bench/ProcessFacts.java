package io.karu.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a Java process holds, read from outside (/proc and jcmd).
 *
 * @param residentKiB resident memory after a forced collection
 * @param threads all threads
 * @param descriptors open file descriptors
 * @param nativeLibraries mapped shared libraries that are not the system's or the Java runtime's
 */
public record ProcessFacts(
        long residentKiB, int threads, int descriptors, Set<String> nativeLibraries) {
    private static final Pattern STATUS =
            Pattern.compile("^(VmRSS|Threads):\\s+(\\d+)", Pattern.MULTILINE);

    /** Forces two collections and reads the process. */
    public static ProcessFacts afterCollection(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        jcmd(pid, "GC.run");
        long resident = 0;
        int threads = 0;
        Matcher status =
                STATUS.matcher(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
        while (status.find()) {
            if (status.group(1).equals("VmRSS")) {
                resident = Long.parseLong(status.group(2));
            } else {
                threads = Integer.parseInt(status.group(2));
            }
        }
        return new ProcessFacts(resident, threads, descriptors(pid), libraries(pid));
    }

    private static int descriptors(long pid) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return (int) open.count();
        }
    }

    private static Set<String> libraries(long pid) throws IOException {
        String java = Path.of(System.getProperty("java.home")).toRealPath().toString();
        try (Stream<String> maps = Files.lines(Path.of("/proc", Long.toString(pid), "maps"))) {
            return maps.filter(line -> line.contains(".so"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .filter(
                            path ->
                                    !path.startsWith("/lib")
                                            && !path.startsWith("/usr/lib/x86_64")
                                            && !path.startsWith(java))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /**
     * Live class loaders that define a class of this name: one when nothing of an older bundle is
     * kept.
     */
    public static int loadersOf(long pid, String className)
            throws IOException, InterruptedException {
        Pattern line = Pattern.compile(Pattern.quote(className) + "/(0x[0-9a-f]+)");
        Matcher found = line.matcher(jcmd(pid, "VM.class_hierarchy", className));
        Set<String> loaders = new TreeSet<>();
        while (found.find()) {
            loaders.add(found.group(1));
        }
        return loaders.size();
    }

    private static String jcmd(long pid, String... command)
            throws IOException, InterruptedException {
        List<String> line =
                Stream.concat(
                                Stream.of(
                                        Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                                .toString(),
                                        Long.toString(pid)),
                                Stream.of(command))
                        .toList();
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", line) + ": " + output);
        }
        return output;
    }
}
