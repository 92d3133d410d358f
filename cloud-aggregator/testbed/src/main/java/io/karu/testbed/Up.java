package io.karu.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** {@code ./karu up}: an aggregator and two gateways that inspect boards, until Ctrl-C. */
public final class Up {
    private static final String USAGE =
            """
            Usage: ./karu up [--images DIR [--template FILE]] [--rate BOARDS_PER_SECOND] [--gateways N]

            Starts an aggregator and N development gateways (default 2), installs the packages and a model over
            the air, and inspects boards: generated ones, or the pairs <id>_test.jpg with <id>_temp.jpg below DIR;
            single images need --template, their defect-free image. Rate: default 1 board/s per gateway.

            While it runs you can type: unplug gw-1, plug gw-1, quit.
            State is kept in .karu (KARU_HOME moves it); the next start resumes.
            """;
    private static final Duration INSTALL_DEADLINE = Duration.ofMinutes(5);

    private final Progress progress = new Progress(System.out);
    private final Testbed testbed;
    private final List<Camera> cameras = new ArrayList<>();

    private Up(Testbed testbed) {
        this.testbed = testbed;
    }

    /** What the command line asked for. */
    private record Options(
            Optional<Path> images, Optional<Path> template, double rate, int gateways) {
        static Options parse(String[] arguments) {
            Optional<Path> images = Optional.empty();
            Optional<Path> template = Optional.empty();
            double rate = 1;
            int gateways = 2;
            for (int i = 0; i < arguments.length; i++) {
                String option = arguments[i];
                if (option.equals("--help") || option.equals("-h")) {
                    System.out.print(USAGE);
                    System.exit(0);
                }
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(
                            option + ": unknown option, or its value is missing");
                }
                String value = arguments[++i];
                switch (option) {
                    case "--images" -> images = Optional.of(Path.of(value));
                    case "--template" -> template = Optional.of(Path.of(value));
                    case "--rate" -> rate = number(option, value, 0.01, 100);
                    case "--gateways" -> gateways = (int) number(option, value, 1, 16);
                    default -> throw new IllegalArgumentException(option + ": unknown option");
                }
            }
            return new Options(images, template, rate, gateways);
        }

        private static double number(String option, String value, double least, double most) {
            try {
                double number = Double.parseDouble(value);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // The message below says what is expected.
            }
            throw new IllegalArgumentException(
                    option + " " + value + ": expected a number from " + least + " to " + most);
        }
    }

    /** Runs until Ctrl-C or {@code quit}. */
    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("karu: " + e.getMessage() + "\n\n" + USAGE);
            System.exit(2);
            return;
        }
        Testbed testbed =
                Testbed.open(
                        Path.of(System.getenv("KARU_ROOT")), Path.of(System.getenv("KARU_HOME")));
        Up up = new Up(testbed);
        CountDownLatch quit = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(up::stop, "karu-stop"));
        try {
            up.start(options);
        } catch (IOException e) {
            System.err.println("\nkaru: " + e.getMessage());
            System.exit(1);
        }
        up.listen(quit);
        quit.await();
        System.exit(0);
    }

    private void start(Options options) throws IOException, InterruptedException {
        testbed.signPackages();
        Optional<Camera.Boards> images = images(options);
        progress.begin("aggregator");
        testbed.startAggregator();
        progress.done(testbed.rest().base());

        List<DevelopmentGateway> gateways = new ArrayList<>();
        for (int n = 1; n <= options.gateways(); n++) {
            DevelopmentGateway gateway = testbed.gateway("gw-" + n);
            gateways.add(gateway);
            progress.begin("gateway " + gateway.id());
            gateway.start();
            gateway.awaitOnline(INSTALL_DEADLINE, "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
            progress.done("online");
        }
        for (String name : Testbed.packages()) {
            install(name, gateways);
        }
        models(gateways);
        for (DevelopmentGateway gateway : gateways) {
            progress.begin("station " + gateway.stationId());
            gateway.ensureStation(Map.of("model", modelOf(gateway, gateways)));
            cameras.add(
                    Camera.start(
                            gateway.inbox(),
                            testbed.home().resolve(gateway.id()).resolve("camera"),
                            images.orElseGet(
                                    () -> new GeneratedBoards(gateways.indexOf(gateway) + 1)),
                            Duration.ofNanos((long) (1e9 / options.rate())),
                            frame -> {}));
            progress.done("inspecting");
        }
        awaitFirstVerdict();
        progress.say("");
        progress.say("Karu is up. Open  " + testbed.rest().base());
        testbed.firstPassword()
                .ifPresent(
                        password ->
                                progress.say(
                                        "Log in as admin with the password  "
                                                + password
                                                + "  (shown only now; change it in the console)"));
        for (DevelopmentGateway gateway : gateways) {
            progress.say(
                    "Operator's page of %s  %s  (admin, password in %s)"
                            .formatted(gateway.id(), gateway.page(), gateway.adminPasswordFile()));
        }
        progress.say(
                "Ctrl-C stops everything; the next start resumes. You can type: unplug gw-1, plug gw-1, quit.");
    }

    /**
     * The reader's own images, checked before anything is started; absent: each line has generated
     * boards of its own.
     */
    private Optional<Camera.Boards> images(Options options) throws IOException {
        if (options.images().isEmpty()) {
            return Optional.empty();
        }
        ImageFolder folder = ImageFolder.of(options.images().get(), options.template());
        progress.say(
                "Inspecting "
                        + folder.size()
                        + " images of "
                        + options.images().get()
                        + ", then again from the first");
        if (!folder.withoutTemplate().isEmpty()) {
            progress.say(
                    folder.withoutTemplate().size()
                            + " images are left out: no template <id>_temp.<ext> lies beside <id>_test.<ext>; the first is "
                            + folder.withoutTemplate().get(0));
        }
        return Optional.of(folder);
    }

    private void install(String name, List<DevelopmentGateway> gateways)
            throws IOException, InterruptedException {
        progress.begin("package " + name);
        JsonNode offered = testbed.offer(name);
        List<Long> deployments = new ArrayList<>();
        for (DevelopmentGateway gateway : gateways) {
            if (!gateway.hasPackage(name)) {
                deployments.add(gateway.deploy(offered, false));
            }
        }
        awaitAll(deployments);
        progress.done(
                deployments.isEmpty()
                        ? "already there"
                        : "installed over the air on " + deployments.size());
    }

    private void models(List<DevelopmentGateway> gateways)
            throws IOException, InterruptedException {
        model(Testbed.MODEL, testbed.uploadModels().get(0), gateways);
        model(Testbed.LEARNED_MODEL, testbed.uploadModel(testbed.learnedModelFolder()), gateways);
    }

    private void model(String name, JsonNode version, List<DevelopmentGateway> gateways)
            throws IOException, InterruptedException {
        progress.begin("model " + name);
        List<Long> deployments = new ArrayList<>();
        for (DevelopmentGateway gateway : gateways) {
            if (!gateway.hasPackage("karu-model-" + name)) {
                deployments.add(gateway.installModel(version));
            }
        }
        awaitAll(deployments);
        progress.done("version " + version.path("version").asText());
    }

    /** The first gateway begins with the untrained model, so that there is one to replace. */
    private static String modelOf(DevelopmentGateway gateway, List<DevelopmentGateway> all) {
        return gateway == all.get(0) && all.size() > 1 ? Testbed.MODEL : Testbed.LEARNED_MODEL;
    }

    private void awaitAll(List<Long> deployments) throws IOException, InterruptedException {
        for (long id : deployments) {
            JsonNode ended = testbed.awaitDeployment(id, INSTALL_DEADLINE);
            if (!ended.path("state").asText().equals("SUCCEEDED")) {
                throw new IOException("deployment " + id + " " + Testbed.outcome(ended));
            }
        }
    }

    private void awaitFirstVerdict() throws IOException, InterruptedException {
        progress.begin("first verdict");
        String decision =
                Testbed.await(
                        "first verdict in the console",
                        INSTALL_DEADLINE,
                        () -> {
                            JsonNode first =
                                    testbed.rest()
                                            .get("/api/v1/verdicts?limit=1")
                                            .path("verdicts")
                                            .path(0);
                            return first.isMissingNode()
                                    ? Optional.empty()
                                    : Optional.of(first.path("decision").asText());
                        });
        progress.done(decision);
    }

    private void listen(CountDownLatch quit) {
        Thread reader =
                new Thread(
                        () -> {
                            try (BufferedReader in =
                                    new BufferedReader(
                                            new InputStreamReader(
                                                    System.in, StandardCharsets.UTF_8))) {
                                for (String line = in.readLine();
                                        line != null;
                                        line = in.readLine()) {
                                    obey(line.trim().split("\\s+"), quit);
                                }
                            } catch (IOException e) {
                                System.err.println(
                                        "karu: cannot read the keyboard: " + e.getMessage());
                            }
                        },
                        "karu-keyboard");
        reader.setDaemon(true);
        reader.start();
    }

    private void obey(String[] words, CountDownLatch quit) throws IOException {
        switch (words[0]) {
            case "quit" -> quit.countDown();
            case "unplug", "plug" -> {
                if (words.length != 2 || !words[1].startsWith("gw-")) {
                    progress.say("Which gateway? For instance: " + words[0] + " gw-1");
                    return;
                }
                Cable cable = testbed.gateway(words[1]).cable();
                if (words[0].equals("unplug")) {
                    cable.pull();
                } else {
                    cable.plugIn();
                }
                progress.say(
                        words[1]
                                + (words[0].equals("unplug")
                                        ? " has no network now"
                                        : " has its network back"));
            }
            case "" -> {}
            default -> progress.say("I know: unplug gw-1, plug gw-1, quit");
        }
    }

    private void stop() {
        progress.say("\nStopping ...");
        try {
            for (Camera camera : cameras) {
                camera.close();
            }
            testbed.close();
            progress.say("Stopped. Nothing is left running.");
        } catch (IOException e) {
            System.err.println("karu: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
