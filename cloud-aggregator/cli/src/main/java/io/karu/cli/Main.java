package io.karu.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./karu VERB}: see the footer of {@code --help} for exit codes. */
@Command(
        name = "karu",
        description = "Verbs on a Karu aggregator.",
        subcommands = {
            Fleet.class,
            Deploy.class,
            Deployments.class,
            Rollouts.class,
            Model.class,
            Trust.class,
            Verdicts.class,
            Identity.class,
            People.class,
            Tokens.class,
            Audit.class,
            Backup.class,
            RestoreBackup.class
        })
public final class Main {
    private static final String[] EXIT_CODES = {
        "",
        "Exit codes: 0 done; 1 refused, or a job failed; 2 wrong arguments;",
        "3 the aggregator does not answer; 4 no valid API token."
    };

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine karu = new CommandLine(new Main());
        describe(karu);
        karu.setExecutionExceptionHandler(
                (exception, command, parsed) -> {
                    if (exception instanceof Refused refused) {
                        command.getErr().println("karu: " + refused.getMessage());
                        return refused.exitCode;
                    }
                    throw exception;
                });
        return karu;
    }

    private static void describe(CommandLine command) {
        command.getCommandSpec().mixinStandardHelpOptions(true);
        command.getCommandSpec().usageMessage().footer(EXIT_CODES);
        command.getSubcommands().values().forEach(Main::describe);
    }
}
