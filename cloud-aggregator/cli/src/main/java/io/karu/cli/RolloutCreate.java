package io.karu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        description = {
            "Plan a rollout; nothing is changed until it is started.",
            "ARTEFACT is model:NAME:VERSION (label or 8 digits of the digest) or package:NAME:VERSION;",
            "--plan takes the whole plan as JSON (RolloutPlan of openapi.yaml)."
        })
final class RolloutCreate implements Callable<Integer> {
    private static final Pattern WINDOW =
            Pattern.compile("(\\d\\d:\\d\\d)-(\\d\\d:\\d\\d)(?:@(.+))?");
    private static final int KIBIBYTE = 1024;

    @Mixin private Connection connection;
    @Mixin private Output output;

    @ArgGroup(multiplicity = "1")
    private What what;

    static final class What {
        @Parameters(paramLabel = "ARTEFACT")
        private String artefact;

        @Option(names = "--plan", paramLabel = "FILE", description = "The plan as JSON.")
        private Path plan;
    }

    @Option(names = "--name", description = "Default: the artefact.")
    private String name;

    @Option(names = "--site", description = "Only gateways of this site; may be repeated.")
    private List<String> sites = List.of();

    @Option(names = "--tag", description = "Only gateways with this tag; may be repeated.")
    private List<String> tags = List.of();

    @Option(names = "--gateway", description = "Only this gateway; may be repeated.")
    private List<String> gateways = List.of();

    @Option(names = "--except", description = "Not this gateway; may be repeated.")
    private List<String> except = List.of();

    @Option(
            names = "--groups",
            split = ",",
            defaultValue = "canary,rest",
            description =
                    "In order: canary (one gateway of each site), a number, N%%, rest; default ${DEFAULT-VALUE}.")
    private List<String> groups;

    @Option(
            names = "--gates",
            split = ",",
            defaultValue = "install,health,reject-rate,classes",
            description =
                    "install, health, agreement, reject-rate, classes, latency, memory, overrules; default ${DEFAULT-VALUE}.")
    private List<String> gates;

    @Option(names = "--observe", paramLabel = "SECONDS", description = "Before gates may pass.")
    private Integer observe;

    @Option(
            names = "--window",
            paramLabel = "FROM-TO[@ZONE]",
            description =
                    "When gateways may be changed: 22:00-05:00@Europe/Berlin; default: this machine's zone.")
    private String window;

    @Option(
            names = "--days",
            split = ",",
            description = "On which the window opens: mon,tue,wed,thu,fri,sat,sun; default: all.")
    private List<String> days = List.of();

    @Option(
            names = "--site-gateways",
            paramLabel = "N",
            description = "Gateways of a site that are changed at once.")
    private Integer siteGateways;

    @Option(
            names = "--site-bandwidth",
            paramLabel = "KIB/S",
            description = "What the downloads of a site take together, KiB a second.")
    private Integer siteBandwidth;

    @Option(names = "--revert-when-halted", description = "Otherwise a person is asked.")
    private boolean revert;

    @Option(names = "--join", description = "Gateways that come to fit join the last group.")
    private boolean join;

    @Option(names = "--approval", description = "A second person has to approve.")
    private boolean approval;

    @Option(names = "--preview", description = "Only say which gateways each group would have.")
    private boolean preview;

    @Option(names = "--start", description = "Start it at once.")
    private boolean start;

    @Override
    public Integer call() {
        Api api = connection.open();
        JsonNode plan = what.plan != null ? read(what.plan) : plan(api);
        if (preview) {
            output.answer(
                    api.post(Rollouts.PATH + "/preview", plan),
                    answer ->
                            answer.path("groups")
                                    .fields()
                                    .forEachRemaining(
                                            g ->
                                                    output.line(
                                                            g.getKey()
                                                                    + ": "
                                                                    + join(g.getValue()))));
            return 0;
        }
        JsonNode created = api.post(Rollouts.PATH, plan);
        if (start) {
            created =
                    api.post(
                            Rollouts.PATH + "/" + created.path("id").asLong() + "/start", Map.of());
        }
        output.answer(created, rollout -> output.line(Rollouts.describe(rollout)));
        return 0;
    }

    private static JsonNode read(Path file) {
        try {
            return Api.JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new Refused(Refused.FAILED, file + " is not JSON: " + e.getMessage());
        }
    }

    private JsonNode plan(Api api) {
        ObjectNode plan = Api.JSON.createObjectNode();
        plan.set("artefact", artefact(api));
        plan.put("name", name == null ? what.artefact : name);
        ObjectNode targets = plan.putObject("targets");
        sites.forEach(targets.withArray("/sites")::add);
        tags.forEach(targets.withArray("/tags")::add);
        gateways.forEach(targets.withArray("/gateways")::add);
        except.forEach(targets.withArray("/except")::add);
        ArrayNode stages = plan.putArray("groups");
        groups.forEach(word -> group(stages.addObject(), word));
        ArrayNode kinds = plan.putArray("gates");
        gates.forEach(kind -> kinds.addObject().put("kind", kind));
        plan.put("joining", join).put("approval", approval);
        plan.put("whenHalted", revert ? "REVERT" : "ASK");
        if (observe != null) {
            plan.put("observeSeconds", observe);
        }
        if (window != null) {
            window(plan.putObject("window"));
        } else if (!days.isEmpty()) {
            throw new Refused(Refused.USAGE, "--days: give --window, too");
        }
        if (siteGateways != null) {
            plan.withObject("/perSite").put("gatewaysAtOnce", siteGateways);
        }
        if (siteBandwidth != null) {
            plan.withObject("/perSite").put("bytesPerSecond", siteBandwidth * KIBIBYTE);
        }
        return plan;
    }

    private void window(ObjectNode json) {
        Matcher form = WINDOW.matcher(window);
        if (!form.matches()) {
            throw new Refused(
                    Refused.USAGE, window + ": use times as 22:00-05:00, with @Europe/Berlin");
        }
        String zone = form.group(3);
        json.put("from", form.group(1)).put("to", form.group(2));
        json.put("zone", zone == null ? ZoneId.systemDefault().getId() : zone);
        days.forEach(day -> json.withArray("/days").add(day(day).name()));
    }

    private static DayOfWeek day(String word) {
        return Stream.of(DayOfWeek.values())
                .filter(day -> day.name().substring(0, 3).equalsIgnoreCase(word.trim()))
                .findFirst()
                .orElseThrow(
                        () ->
                                new Refused(
                                        Refused.USAGE,
                                        word + ": use mon, tue, wed, thu, fri, sat or sun"));
    }

    private ObjectNode artefact(Api api) {
        String[] parts = what.artefact.split(":", 3);
        if (parts.length != 3 || !Set.of("model", "package").contains(parts[0])) {
            throw new Refused(
                    Refused.FAILED,
                    what.artefact + ": use model:NAME:VERSION or package:NAME:VERSION");
        }
        ObjectNode artefact = Api.JSON.createObjectNode();
        artefact.put("kind", parts[0]).put("name", parts[1]);
        return parts[0].equals("package")
                ? artefact.put("version", parts[2])
                : artefact.put("digest", Model.digestOf(api, parts[1], parts[2]));
    }

    private static void group(ObjectNode group, String word) {
        group.put("name", word);
        if (word.equals("canary")) {
            group.putObject("size").put("canary", true);
        } else if (word.matches("\\d+(\\.\\d+)?%")) {
            group.putObject("size")
                    .put("percent", Double.parseDouble(word.substring(0, word.length() - 1)));
        } else if (word.matches("\\d+")) {
            group.putObject("size").put("count", Integer.parseInt(word));
        } else if (word.endsWith("%")) {
            throw new Refused(
                    Refused.USAGE,
                    word + ": use canary, a number, N% or a name for all that are left");
        }
    }

    private static String join(JsonNode texts) {
        return StreamSupport.stream(texts.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(", "));
    }
}
