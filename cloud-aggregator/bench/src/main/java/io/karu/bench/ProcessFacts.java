package io.karu.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * <p>A process at work opens files and connections for a moment. Threads and descriptors are
 * therefore those of the sample that had fewest, of {@value #SAMPLES} over {@value #SECONDS} s: a
 * leak raises them, a frame being read does not. Not counted: the JVM's compiler threads, which it
 * adds and ends by itself, its reaper of child processes, the workers of the pools (uplink
 * requests, HTTP client) that end idle workers, and the segment files of journal and ledger, whose
 * number follows from what was journaled and is bounded by their size.
 *
 * @param residentKiB resident memory after a forced collection, as the system counts it
 * @param heldKiB the same after malloc, too, has given back what is free
 * @param threads names of all threads
 * @param descriptors what the open file descriptors are
 * @param nativeLibraries mapped shared libraries that are not the system's or the Java runtime's
 */
public record ProcessFacts(
        long residentKiB,
        long heldKiB,
        List<String> threads,
        List<String> descriptors,
        Set<String> nativeLibraries) {
    private static final int SAMPLES = 200;
    private static final int SECONDS = 20;
    private static final Pattern RESIDENT = Pattern.compile("^VmRSS:\\s+(\\d+)", Pattern.MULTILINE);
    private static final Pattern COMES_AND_GOES =
            Pattern.compile("C[12] CompilerThre|karu-uplink-req|HttpClient-|process reaper");
    private static final Pattern SEGMENT = Pattern.compile("/(journal|ledger)/\\d+\\.log$");

    /** Forces two collections, samples the process, forces two more and reads its memory. */
    public static ProcessFacts afterCollection(long pid) throws IOException, InterruptedException {
        collect(pid);
        List<String> threads = threads(pid);
        List<String> descriptors = descriptors(pid);
        for (int i = 0; i < SAMPLES; i++) {
            threads = fewer(threads, threads(pid));
            descriptors = fewer(descriptors, descriptors(pid));
            TimeUnit.MILLISECONDS.sleep(SECONDS * 1000 / SAMPLES);
        }
        long resident = residentAfterCollection(pid);
        jcmd(pid, "System.trim_native_heap");
        return new ProcessFacts(resident, resident(pid), threads, descriptors, libraries(pid));
    }

    /** Resident memory in KiB after forced collections. */
    public static long residentAfterCollection(long pid) throws IOException, InterruptedException {
        collect(pid);
        return resident(pid);
    }

    /** Forces two collections: the second frees what the first has found to be finalizable. */
    public static void collect(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        jcmd(pid, "GC.run");
    }

    /** What of {@code these} is not among {@code others}. */
    public static List<String> beyond(List<String> these, List<String> others) {
        List<String> beyond = new ArrayList<>(these);
        others.forEach(beyond::remove);
        return beyond;
    }

    private static List<String> fewer(List<String> one, List<String> other) {
        return other.size() < one.size() ? other : one;
    }

    private static long resident(long pid) throws IOException {
        Matcher status = RESIDENT.matcher(Files.readString(of(pid, "status")));
        if (!status.find()) {
            throw new IOException("process " + pid + " has ended");
        }
        return Long.parseLong(status.group(1));
    }

    private static List<String> threads(long pid) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(of(pid, "task"))) {
            for (Path task : (Iterable<Path>) tasks::iterator) {
                try {
                    names.add(Files.readString(task.resolve("comm")).trim());
                } catch (IOException e) {
                    // Ended since it was listed.
                }
            }
        }
        names.removeIf(name -> COMES_AND_GOES.matcher(name).lookingAt());
        return names;
    }

    private static List<String> descriptors(long pid) throws IOException {
        List<String> targets = new ArrayList<>();
        try (Stream<Path> open = Files.list(of(pid, "fd"))) {
            for (Path descriptor : (Iterable<Path>) open::iterator) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    targets.add(target.replaceFirst("^(socket|pipe):.*", "$1"));
                } catch (NoSuchFileException e) {
                    // Closed since it was listed.
                }
            }
        }
        targets.removeIf(target -> SEGMENT.matcher(target).find());
        return targets;
    }

    private static Path of(long pid, String file) {
        return Path.of("/proc", Long.toString(pid), file);
    }

    private static Set<String> libraries(long pid) throws IOException {
        String java = Path.of(System.getProperty("java.home")).toRealPath().toString();
        try (Stream<String> maps = Files.lines(of(pid, "maps"))) {
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
