package io.karu.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A real Chromium, driven by role, label and text as a person finds things. A name written {@code
 * /like this/} is a regular expression. Every verb waits up to its deadline; failures carry the
 * page's text and leave {@code failed.png}.
 */
final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process driver;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    private Browser(Process driver) {
        this.driver = driver;
        this.commands =
                new BufferedWriter(
                        new OutputStreamWriter(driver.getOutputStream(), StandardCharsets.UTF_8));
        this.answers =
                new BufferedReader(
                        new InputStreamReader(driver.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts Chromium; the test is skipped with the reason when it is not installed. */
    static Browser start(Path root, Path screenshots) throws IOException {
        Path chromium = Path.of(System.getProperty("karu.chromium", "/usr/bin/chromium"));
        assumeTrue(
                Files.isExecutable(chromium),
                "Chromium is not installed (" + chromium + "): browser steps skipped");
        Path modules = root.resolve("cloud-aggregator/console");
        assumeTrue(
                Files.isDirectory(modules.resolve("node_modules/playwright-core")),
                "the console was not built with npm: browser steps skipped");
        Files.createDirectories(screenshots);
        Process driver =
                new ProcessBuilder(
                                "node",
                                root.resolve("cloud-aggregator/e2e/src/test/browser/driver.mjs")
                                        .toString(),
                                modules.toString(),
                                chromium.toString(),
                                screenshots.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        Browser browser = new Browser(driver);
        browser.answer("start");
        return browser;
    }

    /** How a person names an element. */
    record Element(String kind, String name, String role) {
        static Element role(String role, String name) {
            return new Element("role", name, role);
        }

        static Element label(String label) {
            return new Element("label", label, null);
        }

        static Element text(String text) {
            return new Element("text", text, null);
        }

        private void describe(ObjectNode command) {
            if (kind.equals("role")) {
                command.put("role", role);
                if (name != null) {
                    command.put("name", name);
                }
            } else {
                command.put(kind, name);
            }
        }
    }

    void open(String url) {
        run(command("goto").put("url", url));
    }

    void open(String url, String user, String password) {
        run(command("goto").put("url", url).put("credentials", user + ":" + password));
    }

    void click(Element element) {
        run(on("click", element));
    }

    void fill(Element element, String value) {
        run(on("fill", element).put("value", value));
    }

    void choose(Element element, String value) {
        run(on("choose", element).put("value", value));
    }

    void press(String key) {
        run(command("press").put("key", key));
    }

    void see(Element element, Duration deadline) {
        run(on("see", element).put("timeout", deadline.toMillis()));
    }

    void see(Element element) {
        see(element, Duration.ofSeconds(90));
    }

    void miss(Element element) {
        run(on("miss", element));
    }

    String read(Element element) {
        return run(on("read", element)).asText();
    }

    String value(Element element) {
        return run(on("value", element)).asText();
    }

    String content() {
        return run(command("content")).asText();
    }

    /** Keeps what the screen shows as {@code <name>.png}. */
    void screenshot(String name) {
        run(command("screenshot").put("file", name));
    }

    void dark(boolean on) {
        run(command("dark").put("on", on));
    }

    /** Uncaught errors of the page's scripts since the last call. */
    String errors() {
        JsonNode errors = run(command("errors"));
        return errors.isEmpty() ? "" : errors.toString();
    }

    private static ObjectNode command(String verb) {
        return JSON.createObjectNode().put("do", verb);
    }

    private static ObjectNode on(String verb, Element element) {
        ObjectNode command = command(verb);
        element.describe(command);
        return command;
    }

    private JsonNode run(ObjectNode command) {
        try {
            commands.write(command.toString());
            commands.newLine();
            commands.flush();
            return answer(command.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode answer(String command) throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the browser ended during " + command);
        }
        JsonNode answer = JSON.readTree(line);
        if (!answer.path("ok").asBoolean()) {
            throw new AssertionError(
                    command
                            + ": "
                            + answer.path("error").asText()
                            + "\nThe page said:\n"
                            + answer.path("page").asText());
        }
        return answer.path("value");
    }

    @Override
    public void close() throws IOException, InterruptedException {
        commands.close();
        if (!driver.waitFor(60, TimeUnit.SECONDS)) {
            driver.descendants().forEach(ProcessHandle::destroyForcibly);
            driver.destroyForcibly();
        }
    }
}
