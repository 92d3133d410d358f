package io.karu.aggregator;

import io.karu.aggregator.mqtt.TopicRight;
import io.karu.ports.LoopbackPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Apache Artemis as a process of its own on a free port of loopback, with logins from files and
 * rights as {@link TopicRight} says; alone or as one node of a cluster.
 */
public final class ArtemisServer implements AutoCloseable {
    private static final Path LIBRARIES = Path.of("../engines/artemis/target/lib");

    private final Process process;
    private final int port;

    /** One login with its rights. */
    public record User(String name, String password, List<TopicRight> rights) {}

    /** Ports of one node: for MQTT and for the other nodes. */
    public record Node(int mqtt, int cluster) {
        public static Node free() throws IOException {
            return new Node(LoopbackPort.free().number(), LoopbackPort.free().number());
        }
    }

    private ArtemisServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Its class path; absent when the build left it out. */
    public static Optional<Path> installed() {
        return Files.isDirectory(LIBRARIES)
                ? Optional.of(LIBRARIES.toAbsolutePath().normalize())
                : Optional.empty();
    }

    /** Starts one that stands alone. */
    public static ArtemisServer start(Path folder, List<User> users) throws Exception {
        return start(folder, users, Node.free(), List.of());
    }

    /** Starts one that stands alone, with a further acceptor. */
    static ArtemisServer start(Path folder, List<User> users, Node own, String acceptor)
            throws Exception {
        return start(folder, users, own, List.of(), acceptor);
    }

    /**
     * Starts a node; a folder used before goes on with its queues.
     *
     * @param others the other nodes of the cluster
     */
    public static ArtemisServer start(Path folder, List<User> users, Node own, List<Node> others)
            throws Exception {
        return start(folder, users, own, others, "");
    }

    private static ArtemisServer start(
            Path folder, List<User> users, Node own, List<Node> others, String acceptor)
            throws Exception {
        Path etc = Files.createDirectories(folder.resolve("etc"));
        Files.writeString(etc.resolve("broker.xml"), configuration(users, own, others, acceptor));
        StringBuilder passwords = new StringBuilder();
        StringBuilder roles = new StringBuilder();
        for (User user : users) {
            passwords.append(user.name()).append(" = ").append(user.password()).append('\n');
            roles.append(role(user)).append(" = ").append(user.name()).append('\n');
        }
        Files.writeString(etc.resolve("users.properties"), passwords);
        Files.writeString(etc.resolve("roles.properties"), roles);
        Files.writeString(
                etc.resolve("login.config"),
                """
                PropertiesLogin {
                  org.apache.activemq.artemis.spi.core.security.jaas.PropertiesLoginModule required
                    baseDir="%s"
                    org.apache.activemq.jaas.properties.user="users.properties"
                    org.apache.activemq.jaas.properties.role="roles.properties";
                };
                """
                        .formatted(etc));
        Files.writeString(
                etc.resolve("logback.xml"),
                """
                <configuration><appender name="log" class="ch.qos.logback.core.ConsoleAppender">
                  <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n</pattern></encoder></appender>
                  <root level="WARN"><appender-ref ref="log"/></root></configuration>
                """);
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx384m",
                                "-Djava.security.auth.login.config=" + etc.resolve("login.config"),
                                "-Dlogback.configurationFile=" + etc.resolve("logback.xml"),
                                "-cp",
                                installed().orElseThrow() + "/*",
                                "org.apache.activemq.artemis.core.server.embedded.Main",
                                folder.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        folder.resolve("artemis.log").toFile()))
                        .start();
        ArtemisServer server = new ArtemisServer(process, own.mqtt());
        Workbench.await(
                "Artemis listens; its log is " + folder.resolve("artemis.log"),
                Workbench.PATIENCE,
                () -> server.listens() || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException(
                    "Artemis ended: " + Files.readString(folder.resolve("artemis.log")));
        }
        return server;
    }

    private static String configuration(
            List<User> users, Node own, List<Node> others, String acceptor) {
        StringBuilder connectors = new StringBuilder(connector("own", own));
        StringBuilder references = new StringBuilder();
        for (int i = 0; i < others.size(); i++) {
            connectors.append(connector("other-" + i, others.get(i)));
            references.append("<connector-ref>other-").append(i).append("</connector-ref>");
        }
        String cluster =
                others.isEmpty()
                        ? ""
                        : """
                        <cluster-user>cluster</cluster-user><cluster-password>only for this test</cluster-password>
                        <cluster-connections><cluster-connection name="karu"><connector-ref>own</connector-ref>
                          <retry-interval>500</retry-interval>
                          <message-load-balancing>ON_DEMAND</message-load-balancing><max-hops>1</max-hops>
                          <static-connectors>%s</static-connectors></cluster-connection></cluster-connections>
                        """
                                .formatted(references);
        String nodes =
                others.isEmpty()
                        ? ""
                        : "<acceptor name=\"cluster\">tcp://127.0.0.1:"
                                + own.cluster()
                                + "?protocols=CORE</acceptor>";
        return """
        <configuration xmlns="urn:activemq">
          <core xmlns="urn:activemq:core">
            <name>node-%d</name>
            <persistence-enabled>true</persistence-enabled>
            <journal-type>NIO</journal-type>
            <journal-datasync>false</journal-datasync>
            <critical-analyzer>false</critical-analyzer>
            <max-disk-usage>-1</max-disk-usage>
            <connectors>%s</connectors>
            <acceptors>
              <acceptor name="mqtt">tcp://127.0.0.1:%d?protocols=MQTT;securityDomain=PropertiesLogin;defaultMqttSessionExpiryInterval=604800</acceptor>%s
            </acceptors>
            %s
            <security-settings>%s</security-settings>
            <address-settings>
              <address-setting match="#">
                <redistribution-delay>0</redistribution-delay>
                <max-delivery-attempts>-1</max-delivery-attempts>
                <auto-delete-created-queues>false</auto-delete-created-queues>
              </address-setting>
            </address-settings>
          </core>
        </configuration>
        """
                .formatted(
                        own.mqtt(),
                        connectors,
                        own.mqtt(),
                        nodes + acceptor,
                        cluster,
                        securitySettings(users));
    }

    private static String connector(String name, Node node) {
        return "<connector name=\""
                + name
                + "\">tcp://127.0.0.1:"
                + node.cluster()
                + "</connector>";
    }

    /** The most specific match decides alone, so each names everybody who may. */
    private static String securitySettings(List<User> users) {
        Map<String, List<String>> writers = new LinkedHashMap<>();
        Map<String, List<String>> readers = new LinkedHashMap<>();
        List<String> everywhere = new ArrayList<>();
        for (User user : users) {
            for (TopicRight right : user.rights()) {
                if (right.filter().equals("#")) {
                    everywhere.add(role(user));
                    continue;
                }
                String match = address(right.filter());
                writers.computeIfAbsent(match, key -> new ArrayList<>());
                readers.computeIfAbsent(match, key -> new ArrayList<>());
                if (right.access() != TopicRight.Access.READ) {
                    writers.get(match).add(role(user));
                }
                if (right.access() != TopicRight.Access.WRITE) {
                    readers.get(match).add(role(user));
                }
            }
        }
        StringBuilder settings = new StringBuilder(setting("#", everywhere, everywhere));
        writers.forEach(
                (match, may) ->
                        settings.append(
                                setting(
                                        match,
                                        with(may, everywhere),
                                        with(readers.get(match), everywhere))));
        return settings.toString();
    }

    private static List<String> with(List<String> some, List<String> more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    private static String setting(String match, List<String> writers, List<String> readers) {
        StringBuilder setting = new StringBuilder("<security-setting match=\"" + match + "\">");
        List<String> both = with(writers, readers);
        for (String type :
                List.of("createAddress", "createNonDurableQueue", "createDurableQueue")) {
            permission(setting, type, both);
        }
        permission(setting, "deleteAddress", both);
        permission(setting, "deleteNonDurableQueue", both);
        permission(setting, "deleteDurableQueue", both);
        permission(setting, "send", writers);
        permission(setting, "consume", readers);
        permission(setting, "browse", readers);
        return setting.append("</security-setting>").toString();
    }

    private static void permission(StringBuilder setting, String type, List<String> roles) {
        setting.append("<permission type=\"")
                .append(type)
                .append("\" roles=\"")
                .append(String.join(",", roles))
                .append("\"/>");
    }

    private static String role(User user) {
        return "role-" + user.name();
    }

    /** Artemis' notation: words between dots, {@code *} for one and {@code #} for any. */
    private static String address(String filter) {
        return filter.replace('/', '.').replace('+', '*');
    }

    public URI address() {
        return URI.create("mqtt://127.0.0.1:" + port);
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
