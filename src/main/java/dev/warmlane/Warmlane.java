package dev.warmlane;

import dev.warmlane.app.ServeCommand;
import dev.warmlane.tools.WarmlaneVersion;
import dev.warmlane.tools.replay.ReplayCommand;
import dev.warmlane.tools.simulator.SimulateCommand;
import dev.warmlane.tools.validation.ValidateCommand;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code serve} unless another command is named. */
@Command(
        name = "warmlane",
        description = "A cache-aware ingress for vLLM. Without a command: serve.",
        mixinStandardHelpOptions = true,
        versionProvider = WarmlaneVersion.class,
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
                : commandLine().execute(command.toArray(new String[0]));
        // The gateway goes on in its own threads after its command has returned.
        if (exitCode != 0 || !serves || command.contains(ServeCommand.CHECK)) {
            System.exit(exitCode);
        }
    }

    private static CommandLine commandLine() {
        CommandLine all = new CommandLine(new Warmlane()).setParameterExceptionHandler(Warmlane::explain);
        all.getSubcommands().values().forEach(each -> each.getCommandSpec().versionProvider(new WarmlaneVersion()));
        return all;
    }

    /** One line and a hint: who mistyped an option has no use for all others. */
    private static int explain(ParameterException mistake, String[] arguments) {
        CommandLine command = mistake.getCommandLine();
        PrintWriter out = command.getErr();
        out.println(mistake.getMessage());
        UnmatchedArgumentException.printSuggestions(mistake, out);
        out.printf("See %s --help%n", command.getCommandSpec().qualifiedName());
        return command.getCommandSpec().exitCodeOnInvalidInput();
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
