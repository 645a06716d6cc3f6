package dev.warmlane.tools.replay;

import dev.warmlane.core.log.Counted;
import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code advise} command: what other caches and numbers of endpoints would bring, by an access log or a trace. */
@Command(
        name = "advise",
        description = {
            // The list of commands shows the first line alone.
            "Shows where an access log or a trace loses cache hits, and what would bring them.",
            "Tries other caches and numbers of endpoints with simulated engines in virtual time (docs/cache-sizing.md)."
        },
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {"", "Example: advise --access-log access.jsonl --pods 8 --kv-tokens 400000"})
public final class AdviseCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--policy",
            defaultValue = "expected-cost",
            paramLabel = "NAME[:PARAMETER=VALUE...]",
            description = "File of gateway/policies, and parameters that override its own (default: ${DEFAULT-VALUE}).")
    private String policy = "";

    @ArgGroup(validate = false, heading = "%nWhat is sent:%n")
    private LoadOptions load = new LoadOptions();

    @ArgGroup(validate = false, heading = "%nWhat it is sent to:%n")
    private EngineOptions engine = new EngineOptions();

    @Override
    public Integer call() throws IOException {
        String report = Arguments.named(spec, this::report);
        spec.commandLine().getOut().print(report);
        spec.commandLine().getOut().flush();
        return CommandLine.ExitCode.OK;
    }

    private String report() throws IOException {
        Load read = load.read(1, spec.commandLine().getParseResult());
        ReplaySettings settings =
                ReplaySettings.of(engine.pods(), engine.kvTokens()).withModel(engine.model());
        Progress progress = new Progress(System.err, CommandLine.Help.Ansi.AUTO.enabled(), read.name());
        try {
            Replay replay = new Replay(read, settings, NamedPolicy.parse(policy), progress);
            replay.run();
            String title = "%s, %s of %d tokens, %s"
                    .formatted(read.name(), Counted.of(settings.endpoints(), "endpoint"), settings.kvTokens(), policy);
            return AdviceReport.write(title, replay.cacheUse(), settings.endpoints(), replay.secondsPerToken(), null);
        } finally {
            progress.done();
        }
    }
}
