package dev.warmlane;

import dev.warmlane.app.ServeCommand;
import dev.warmlane.tools.replay.ReplayCommand;
import dev.warmlane.tools.simulator.SimulateCommand;
import dev.warmlane.tools.validation.ValidateCommand;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code serve} unless another command is named. */
@Command(
        name = "warmlane",
        description = "A cache-aware ingress for vLLM. Without a command: serve.",
        mixinStandardHelpOptions = true,
        subcommands = {ServeCommand.class, SimulateCommand.class, ReplayCommand.class, ValidateCommand.class})
public final class Warmlane {
    /** What the gateway itself has no response to. Without these its start does without the command line's parser, a tenth of a second. */
    private static final List<String> QUESTIONS = List.of("-h", "--help", "-V", "--version");

    private Warmlane() {}

    public static void main(String[] args) {
        List<String> command = withCommand(args);
        boolean serves = command.get(0).equals(ServeCommand.NAME);
        int exitCode = serves && Collections.disjoint(command, QUESTIONS)
                ? ServeCommand.start(command.subList(1, command.size()))
                : new CommandLine(new Warmlane()).execute(command.toArray(new String[0]));
        // The gateway goes on in its own threads after its command has returned.
        if (exitCode != 0 || !serves) {
            System.exit(exitCode);
        }
    }

    /** Settings without a command are the gateway's. */
    private static List<String> withCommand(String[] args) {
        List<String> command = new ArrayList<>(List.of(args));
        if (args.length == 0 || (args[0].startsWith("--") && args[0].contains("="))) {
            command.add(0, ServeCommand.NAME);
        }
        return command;
    }
}
