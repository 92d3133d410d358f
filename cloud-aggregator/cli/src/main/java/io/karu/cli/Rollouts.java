package io.karu.cli;

import static io.karu.cli.Output.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "rollout",
        description = "Staged deliveries: groups, gates that read field evidence, and the verbs.",
        subcommands = {
            Rollouts.Ls.class,
            Rollouts.Show.class,
            RolloutCreate.class,
            Rollouts.Watch.class,
            Rollouts.Approve.class,
            Rollouts.Deny.class,
            Rollouts.Start.class,
            Rollouts.Pause.class,
            Rollouts.Resume.class,
            Rollouts.Stop.class,
            Rollouts.Retry.class,
            Rollouts.NextGroup.class,
            Rollouts.Revert.class
        })
final class Rollouts {
    static final String PATH = "/api/v1/rollouts";
    private static final Set<String> RESTING =
            Set.of("FINISHED", "STOPPED", "REVERTED", "DENIED", "HALTED", "PAUSED");
    private static final Set<String> GOOD = Set.of("FINISHED", "STOPPED", "PAUSED");
    private static final long PAUSE_MILLIS = 1000;

    @Command(name = "list", description = "The newest rollouts.")
    static final class Ls implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Option(names = "--limit", defaultValue = "20", description = "Default ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        public void run() {
            output.answer(
                    connection.open().get(PATH + "?limit=" + limit),
                    answer -> answer.path("rollouts").forEach(r -> output.line(describe(r))));
        }
    }

    @Command(name = "show", description = "A rollout with its groups, gates and gateways.")
    static final class Show implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "ROLLOUT")
        private long id;

        @Override
        public void run() {
            Api api = connection.open();
            ObjectNode rollout = (ObjectNode) api.get(PATH + "/" + id);
            rollout.set("members", api.get(PATH + "/" + id + "/gateways").path("gateways"));
            output.answer(rollout, this::print);
        }

        private void print(JsonNode rollout) {
            output.line(describe(rollout));
            if (rollout.has("waitsFor")) {
                output.line(
                        "  waits for "
                                + text(rollout, "waitsFor")
                                + " until "
                                + text(rollout, "deadline"));
            }
            rollout.path("groups").forEach(this::group);
            for (JsonNode member : rollout.path("members")) {
                output.line(
                        "  "
                                + text(member, "gateway")
                                + "  "
                                + text(member, "group")
                                + "  "
                                + text(member, "state")
                                + "  "
                                + text(member, "step"));
            }
            for (JsonNode entry : rollout.path("history")) {
                output.line(
                        "  "
                                + text(entry, "at")
                                + "  "
                                + (entry.has("person") ? text(entry, "person") + ": " : "")
                                + text(entry, "message"));
            }
        }

        private void group(JsonNode group) {
            output.line(
                    "  group "
                            + text(group, "name")
                            + "  "
                            + text(group, "state")
                            + "  "
                            + counts(group)
                            + "  "
                            + text(group, "reason"));
            for (JsonNode gate : group.path("gates")) {
                output.line(
                        "    "
                                + text(gate, "gate")
                                + "  "
                                + text(gate, "outcome")
                                + "  "
                                + text(gate, "sentence"));
            }
        }
    }

    @Command(name = "watch", description = "Follow a rollout until it ends, halts or is paused.")
    static final class Watch implements Callable<Integer> {
        @Mixin private Connection connection;
        @Mixin private Output output;

        @Parameters(paramLabel = "ROLLOUT")
        private long id;

        @Override
        public Integer call() {
            Api api = connection.open();
            String told = "";
            while (true) {
                JsonNode rollout = api.get(PATH + "/" + id);
                boolean rests = RESTING.contains(text(rollout, "state"));
                String line = describe(rollout);
                if (!output.asJson() && !line.equals(told)) {
                    output.line(line);
                    told = line;
                }
                if (rests) {
                    if (output.asJson()) {
                        output.line(Output.pretty(rollout));
                    }
                    return GOOD.contains(text(rollout, "state")) ? 0 : Refused.FAILED;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
            }
        }
    }

    /** A verb without more to say than a remark; the command's name is the verb. */
    static class Say implements Runnable {
        @Mixin private Connection connection;
        @Mixin private Output output;
        @Spec private CommandSpec command;

        @Parameters(paramLabel = "ROLLOUT")
        private long id;

        @Option(names = "--remark", description = "Kept in the history.")
        private String remark;

        Map<String, Object> body() {
            Map<String, Object> body = new LinkedHashMap<>();
            if (remark != null) {
                body.put("remark", remark);
            }
            return body;
        }

        @Override
        public void run() {
            output.answer(
                    connection.open().post(PATH + "/" + id + "/" + command.name(), body()),
                    rollout -> output.line(describe(rollout)));
        }
    }

    @Command(name = "approve", description = "Approve what somebody else has planned.")
    static final class Approve extends Say {}

    @Command(name = "deny", description = "Refuse it.")
    static final class Deny extends Say {}

    @Command(name = "start", description = "Begin with the first group.")
    static final class Start extends Say {}

    @Command(name = "pause", description = "Begin nothing new; what has begun goes to its end.")
    static final class Pause extends Say {}

    @Command(name = "resume", description = "Go on; waives the gate that halted it.")
    static final class Resume extends Say {}

    @Command(name = "retry", description = "Try gateways that failed again.")
    static final class Retry extends Say {}

    @Command(
            name = "next-group",
            description = "Begin the next group before the gates have passed.")
    static final class NextGroup extends Say {}

    @Command(name = "revert", description = "Bring changed gateways back to what they had.")
    static final class Revert extends Say {}

    @Command(name = "stop", description = "End it; say what becomes of gateways already changed.")
    static final class Stop extends Say {
        @ArgGroup private Changed changed;

        static final class Changed {
            @Option(names = "--keep", description = "They keep it.")
            private boolean keep;

            @Option(names = "--revert", description = "They go back to what they had.")
            private boolean revert;
        }

        @Override
        Map<String, Object> body() {
            Map<String, Object> body = super.body();
            if (changed != null) {
                body.put("changed", changed.revert ? "REVERT" : "KEEP");
            }
            return body;
        }
    }

    private static String counts(JsonNode group) {
        StringBuilder counts = new StringBuilder();
        group.path("counts")
                .fields()
                .forEachRemaining(
                        count ->
                                counts.append(counts.isEmpty() ? "" : ", ")
                                        .append(count.getValue().asInt())
                                        .append(' ')
                                        .append(count.getKey()));
        return counts.toString();
    }

    static String describe(JsonNode rollout) {
        return "rollout "
                + text(rollout, "id")
                + "  "
                + text(rollout, "name")
                + "  "
                + text(rollout, "state")
                + "  "
                + text(rollout, "reason");
    }
}
