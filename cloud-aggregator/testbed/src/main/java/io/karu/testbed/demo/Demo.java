package io.karu.testbed.demo;

import io.karu.testbed.Progress;
import io.karu.testbed.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code ./karu demo rollout}. */
public final class Demo {
    private static final String USAGE =
            """
            usage: ./karu demo rollout

              A model version that installs perfectly but misses one defect class is rolled out twice to 12 simulated and 2 real
              gateways: rules that look at installations let it through, gates on field evidence stop it in the first group.
            """;

    private Demo() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1 || !arguments[0].equals("rollout")) {
            System.err.print(USAGE);
            System.exit(2);
        }
        Path home = Files.createTempDirectory("karu-demo");
        Progress progress = new Progress(System.out);
        boolean shown;
        try (Testbed testbed = Testbed.open(Path.of(System.getenv("KARU_ROOT")), home);
                RolloutDemo demo = new RolloutDemo(testbed, progress)) {
            shown = isShown(demo.play());
        }
        progress.say(
                shown
                        ? "\nStopped in the first group, and reverted everywhere."
                        : "\nThis is not what was to be shown.");
        System.exit(shown ? 0 : 1);
    }

    private static boolean isShown(RolloutDemo.Outcome outcome) {
        return outcome.byInstallation()
                        .path("groups")
                        .path(2)
                        .path("state")
                        .asText()
                        .equals("PASSED")
                && outcome.byEvidence().path("state").asText().equals("REVERTED");
    }
}
