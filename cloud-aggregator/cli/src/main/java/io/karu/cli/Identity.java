package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "identity",
        description = "Certificates of gateways.",
        subcommands = {
            Identity.Ls.class,
            Identity.Show.class,
            Identity.Enrol.class,
            Identity.Revoke.class,
            Identity.Readmit.class,
            Identity.Token.class
        })
final class Identity {

    @Command(name = "list", description = "Every gateway with its certificate and its expiry.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Override
        public void run() {
            output.answer(connection.open().get("/api/v1/identities"), this::print);
        }

        private void print(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode identity : answer.path("identities")) {
                rows.add(
                        List.of(
                                text(identity, "clientId"),
                                text(identity, "state"),
                                text(identity.path("certificate"), "notAfter"),
                                text(identity.path("login"), "means"),
                                enrolment(identity)));
            }
            output.table(
                    List.of("GATEWAY", "CERTIFICATE", "EXPIRES", "CONNECTED BY", "ENROLMENT"),
                    rows);
        }
    }

    @Command(name = "show", description = "One gateway with every certificate that it had.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Override
        public void run() {
            output.answer(connection.open().get(path(clientId)), this::print);
        }

        private void print(JsonNode answer) {
            JsonNode identity = answer.path("identity");
            output.line(
                    clientId
                            + "  "
                            + text(identity, "state")
                            + (identity.path("certificateRequired").asBoolean()
                                    ? ", its password alone is not enough"
                                    : "")
                            + "  "
                            + enrolment(identity));
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode certificate : answer.path("certificates")) {
                rows.add(
                        List.of(
                                Output.digest(text(certificate, "fingerprint")),
                                text(certificate, "how"),
                                text(certificate, "notBefore"),
                                text(certificate, "notAfter"),
                                text(certificate, "revokedReason")));
            }
            if (!rows.isEmpty()) {
                output.table(List.of("CERTIFICATE", "HOW", "FROM", "UNTIL", "REVOKED"), rows);
            }
        }
    }

    @Command(
            name = "enrol",
            aliases = "renew",
            description = "Give a Kura gateway a certificate, or a new one, through KEYS-V1.")
    static final class Enrol implements Runnable {
        private static final long LOOK_MILLIS = 500;

        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Option(names = "--new-key", description = "Replace its key as well.")
        private boolean newKey;

        @Option(names = "--no-wait", description = "Do not wait for the end.")
        private boolean noWait;

        @Override
        public void run() {
            Api api = connection.open();
            JsonNode identity = api.post(path(clientId) + "/enrolment", Map.of("newKey", newKey));
            while (!noWait && status(identity).equals("RUNNING")) {
                pause();
                identity = api.get(path(clientId)).path("identity");
            }
            output.answer(identity, done -> output.line(clientId + "  " + enrolment(done)));
            if (status(identity).equals("FAILED")) {
                throw new Refused(
                        Refused.FAILED, clientId + ": " + text(identity.path("enrolment"), "step"));
            }
        }

        private static String status(JsonNode identity) {
            return identity.at("/enrolment/status").asText();
        }

        private static void pause() {
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refused(Refused.FAILED, "interrupted; the enrolment goes on");
            }
        }
    }

    @Command(
            name = "revoke",
            description = "End the trust in a gateway's certificates and cut its connection.")
    static final class Revoke implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Option(names = "--reason", required = true, description = "For whoever asks later.")
        private String reason;

        @Override
        public void run() {
            output.answer(
                    connection
                            .open()
                            .post(path(clientId) + "/revocation", Map.of("reason", reason)),
                    identity -> output.line(clientId + "  " + text(identity, "state")));
        }
    }

    @Command(name = "readmit", description = "Let a gateway in by its password again.")
    static final class Readmit implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Override
        public void run() {
            output.answer(
                    connection.open().post(path(clientId) + "/readmission", Map.of()),
                    identity -> output.line(clientId + " may connect by its password"));
        }
    }

    @Command(name = "token", description = "A one-time token for enrolment through EST.")
    static final class Token implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "GATEWAY")
        private String clientId;

        @Option(names = "--hours", defaultValue = "24", description = "Until it expires.")
        private int hours;

        @Override
        public void run() {
            output.answer(
                    connection.open().post(path(clientId) + "/token", Map.of("hours", hours)),
                    token ->
                            output.line(
                                    text(token, "token")
                                            + "\n  for one enrolment at "
                                            + text(token, "est")
                                            + " until "
                                            + text(token, "expiresAt")));
        }
    }

    private static String enrolment(JsonNode identity) {
        JsonNode enrolment = identity.path("enrolment");
        return text(enrolment, "status").equals("NONE")
                ? "-"
                : text(enrolment, "status") + " " + text(enrolment, "step");
    }

    private static String path(String clientId) {
        return "/api/v1/gateways/" + Api.encode(clientId) + "/identity";
    }
}
