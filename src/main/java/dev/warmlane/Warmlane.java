package dev.warmlane;

import dev.warmlane.gateway.ServeCommand;
import dev.warmlane.replay.ReplayCommand;
import dev.warmlane.simulator.SimulateCommand;
import dev.warmlane.validation.ValidateCommand;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code serve} unless another command is named. */
@Command(
        name = "warmlane",
        description = "A cache-aware ingress for vLLM. Without a command: serve.",
        mixinStandardHelpOptions = true,
        subcommands = {ServeCommand.class, SimulateCommand.class, ReplayCommand.class, ValidateCommand.class})
public final class Warmlane {
    private Warmlane() {}

    public static void main(String[] args) {
        int exitCode = new CommandLine(new Warmlane()).execute(withCommand(args));
        // The gateway goes on in its own threads after its command has returned.
        if (exitCode != 0 || !withCommand(args)[0].equals(ServeCommand.NAME)) {
            System.exit(exitCode);
        }
    }

    /** Settings without a command are the gateway's. */
    private static String[] withCommand(String[] args) {
        boolean settingsOnly = args.length == 0 || (args[0].startsWith("--") && args[0].contains("="));
        return settingsOnly
                ? Stream.concat(Stream.of(ServeCommand.NAME), Stream.of(args)).toArray(String[]::new)
                : args;
    }
}
