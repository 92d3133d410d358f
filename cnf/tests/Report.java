import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;

/**
 * What a run of the tests has shown, from the reports that it left: how many tests, which failed, which were unsteady.
 * A test is unsteady that failed and passed when it was run again.
 *
 * <p>{@code java cnf/tests/Report.java ROOT SINCE}: reports below ROOT that are not older than the file SINCE.
 * Exit status 1 when a test failed, when more than {@value #TOLERATED} were unsteady, or when no test ran.
 */
final class Report {
    private static final int TOLERATED = 3;
    private static final Set<String> NO_MODULES = Set.of("node_modules", "src", ".git", ".karu");

    private record Finding(String test, String error) {
        @Override
        public String toString() {
            return "  " + test + "\n      " + error;
        }
    }

    private int tests;
    private int skipped;
    private final List<Finding> failed = new ArrayList<>();
    private final List<Finding> unsteady = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        Report report = new Report();
        FileTime since = Files.getLastModifiedTime(Path.of(arguments[1]));
        for (Path file : reports(Path.of(arguments[0]))) {
            if (Files.getLastModifiedTime(file).compareTo(since) >= 0) {
                report.add(file);
            }
        }
        report.print();
        System.exit(report.passed() ? 0 : 1);
    }

    private static List<Path> reports(Path root) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                String name = folder.getFileName().toString();
                if (!name.equals("target")) {
                    return NO_MODULES.contains(name) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }
                Path reports = folder.resolve("surefire-reports");
                if (Files.isDirectory(reports)) {
                    try (var found = Files.newDirectoryStream(reports, "TEST-*.xml")) {
                        found.forEach(files::add);
                    }
                }
                return FileVisitResult.SKIP_SUBTREE;
            }
        });
        files.sort(null);
        return files;
    }

    private void add(Path file) throws Exception {
        String text = Files.readString(file).replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]", ""); // Node's reporter writes a terminal's colours
        Element suite = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(text))).getDocumentElement();
        String module = file.getParent().getParent().getParent().getFileName().toString();
        var cases = suite.getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
            add(module, (Element) cases.item(i));
        }
    }

    private void add(String module, Element test) {
        tests++;
        String type = test.getAttribute("classname");
        String name = module + ": " + type.substring(type.lastIndexOf('.') + 1) + "." + test.getAttribute("name");
        for (Node node = test.getFirstChild(); node != null; node = node.getNextSibling()) {
            switch (node.getNodeName()) {
                case "failure", "error" -> failed.add(new Finding(name, error((Element) node, type)));
                case "flakyFailure", "flakyError" -> unsteady.add(new Finding(name, error((Element) node, type)));
                case "skipped" -> skipped++;
                default -> {
                    continue;
                }
            }
            return;
        }
    }

    /** The error in one line, and the line of the test that it came from. */
    private static String error(Element problem, String type) {
        String message = (problem.getAttribute("type") + ": " + problem.getAttribute("message")).strip().replaceAll("\\s+", " ");
        String from = problem.getTextContent().lines().map(String::strip)
                .filter(line -> line.startsWith("at ") && line.contains(type.replaceFirst("\\$.*", "")))
                .findFirst().map(line -> "\n      " + line).orElse("");
        return (message.length() > 600 ? message.substring(0, 600) + " …" : message) + from;
    }

    private boolean passed() {
        return tests > 0 && failed.isEmpty() && unsteady.size() <= TOLERATED;
    }

    private void print() {
        System.out.printf("%n%d tests: %d failed, %d unsteady, %d skipped%n", tests, failed.size(), unsteady.size(), skipped);
        list("Failed:", failed);
        list("Unsteady (failed, then passed when run again): a defect of the test or of what it tests, to be mended.", unsteady);
        if (unsteady.size() > TOLERATED) {
            System.out.printf("More than %d unsteady tests fail the run.%n", TOLERATED);
        }
        if (tests == 0) {
            System.out.println("No test left a report: nothing was proved.");
        }
    }

    private static void list(String title, List<Finding> findings) {
        if (!findings.isEmpty()) {
            System.out.println(title);
            findings.forEach(System.out::println);
        }
    }
}
