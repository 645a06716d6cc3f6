package dev.warmlane;

import dev.warmlane.app.LastResort;
import dev.warmlane.app.ServeCommand;
import dev.warmlane.settings.Misspelling;
import dev.warmlane.tools.replay.AdviseCommand;
import dev.warmlane.tools.replay.ReplayCommand;
import dev.warmlane.tools.simulator.SimulateCommand;
import dev.warmlane.tools.validation.ValidateCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code serve} unless another command is named. */
@Command(
        name = "warmlane",
        description = "A cache-aware ingress for vLLM. Without a command: serve.",
        mixinStandardHelpOptions = true,
        versionProvider = Warmlane.Version.class,
        footer = {
            "",
            "bash and zsh complete commands and options of an alias `warmlane` after:",
            "source <(java -jar warmlane.jar completion)"
        },
        subcommands = {
            ServeCommand.class,
            SimulateCommand.class,
            ReplayCommand.class,
            AdviseCommand.class,
            ValidateCommand.class,
            Warmlane.Completion.class,
            CommandLine.HelpCommand.class
        })
public final class Warmlane {
    /** What the gateway itself has no response to. Without these its start does without the command line's parser, a tenth of a second. */
    private static final List<String> QUESTIONS = List.of("-h", "--help", "-V", "--version");

    /** As many as the name of a command may have and still be known for what it is. */
    private static final int MISTAKES_IN_A_NAME = 2;

    /** What an option of a type takes. */
    private static final Map<Class<?>, String> EXPECTED = Map.of(
            int.class, "a whole number up to " + Integer.MAX_VALUE,
            Integer.class, "a whole number up to " + Integer.MAX_VALUE,
            long.class, "a whole number",
            Long.class, "a whole number",
            double.class, "a number",
            Double.class, "a number",
            URI.class, "a URL");

    private Warmlane() {}

    /** Prints what bash and zsh complete commands and options by. */
    @Command(
            name = "completion",
            mixinStandardHelpOptions = true,
            description = "Prints a script by which bash and zsh complete the commands and options of `warmlane`.")
    static final class Completion implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public void run() {
            CommandLine root = spec.root().commandLine();
            root.getOut().print(AutoComplete.bash("warmlane", root));
            root.getOut().flush();
        }
    }

    /** Runs the command that the arguments name, or the gateway where they name none; ends the process with its exit code unless it serves. */
    public static void main(String[] args) {
        List<String> command = withCommand(args);
        boolean serves = command.get(0).equals(ServeCommand.NAME);
        if (serves) {
            LastResort.limitExits();
        }
        int exitCode = serves && Collections.disjoint(command, QUESTIONS)
                ? ServeCommand.start(command.subList(1, command.size()))
                : commandLine().execute(command.toArray(new String[0]));
        // The gateway goes on in its own threads after its command has returned.
        if (exitCode != 0 || !serves || command.contains(ServeCommand.CHECK)) {
            System.exit(exitCode);
        }
    }

    static CommandLine commandLine() {
        CommandLine all = new CommandLine(new Warmlane()).setParameterExceptionHandler(Warmlane::explain);
        all.getSubcommands().values().forEach(each -> each.getCommandSpec().versionProvider(new Version()));
        CommandLine help = Objects.requireNonNull(all.getSubcommands().get("help"));
        help.getCommandSpec().usageMessage().header("Shows the options of a command.");
        return all;
    }

    /** One line and a hint: who mistyped an option has no use for all others. */
    private static int explain(ParameterException mistake, String[] arguments) {
        CommandLine command = mistake.getCommandLine();
        PrintWriter out = command.getErr();
        if (mistake instanceof UnmatchedArgumentException unknown && isCommand(unknown)) {
            out.println(unknownCommand(
                    unknown.getUnmatched().get(0), command.getSubcommands().keySet()));
        } else {
            out.println(problem(mistake));
            if (mistake instanceof UnmatchedArgumentException unknown && isOption(unknown)) {
                UnmatchedArgumentException.printSuggestions(mistake, out);
            }
        }
        out.printf("See %s --help%n", command.getCommandSpec().qualifiedName());
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    /** Of a choice, picocli lists the names in Java as well as those that are meant to be given; of a number, it says which type of Java's. */
    private static String problem(ParameterException mistake) {
        if (mistake.getArgSpec() instanceof OptionSpec option && mistake.getValue() != null) {
            String expected = option.type().isEnum()
                    ? String.join(", ", option.completionCandidates())
                    : EXPECTED.get(option.auxiliaryTypes()[option.auxiliaryTypes().length - 1]);
            if (expected != null) {
                return "%s: %s (expected: %s)".formatted(option.longestName(), mistake.getValue(), expected);
            }
        }
        if (mistake instanceof UnmatchedArgumentException unknown && !isOption(unknown)) {
            return unknown.getUnmatched().get(0) + ": not expected (expected: options alone)";
        }
        return String.valueOf(mistake.getMessage());
    }

    /** Whether a command was meant: only the command line as a whole has any. */
    private static boolean isCommand(UnmatchedArgumentException unknown) {
        return !unknown.getCommandLine().getSubcommands().isEmpty() && !isOption(unknown);
    }

    private static boolean isOption(UnmatchedArgumentException unknown) {
        return unknown.getUnmatched().get(0).startsWith("-");
    }

    /** Names what may have been meant, or else all that there are. Picocli suggests the nearest, however far that is. */
    private static String unknownCommand(String given, Set<String> commands) {
        String near = commands.stream()
                .filter(known -> Misspelling.mistakes(given, known) <= MISTAKES_IN_A_NAME)
                .collect(Collectors.joining(" or "));
        return "%s: unknown command (expected: %s)"
                .formatted(given, near.isEmpty() ? "one of " + String.join(", ", commands) : near);
    }

    /** Settings without a command are the gateway's. */
    private static List<String> withCommand(String[] args) {
        List<String> command = new ArrayList<>(List.of(args));
        if (args.length == 0 || (args[0].startsWith("--") && args[0].contains("="))) {
            command.add(0, ServeCommand.NAME);
        }
        return command;
    }

    /** Version, commit and Java, as far as the build has noted them. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() throws IOException {
            String version = read("/META-INF/build-info.properties").getProperty("build.version", "without a version");
            String commit = read("/git.properties").getProperty("git.commit.id.abbrev", "");
            return new String[] {
                "Warmlane " + version + (commit.isEmpty() ? "" : " (" + commit + ")"),
                "Java %s, %s".formatted(System.getProperty("java.version"), System.getProperty("java.vendor"))
            };
        }

        private static Properties read(String resource) throws IOException {
            Properties properties = new Properties();
            try (InputStream in = Version.class.getResourceAsStream(resource)) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return properties;
        }
    }
}
