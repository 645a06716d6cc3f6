package dev.warmlane.tools.replay;

import dev.warmlane.core.log.Counted;
import dev.warmlane.core.prefix.reuse.CacheAdvice;
import dev.warmlane.core.prefix.reuse.CacheAdvice.Change;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

    /** What {@code advise} and {@code replay --advise} print of one run: the curve, where hits were lost, and what changes would bring. */
    static final class AdviceReport {
        private static final double[] SIZES = {0.25, 0.5, 1, 2, 4, 8};

        private AdviceReport() {}

        /** What becomes of the same load where a change is made. */
        interface Truth {
            /** The hit ratio; null if the load does not fit. */
            @Nullable
            Double hitRatio(Change change);
        }

        /** @param truth null: nothing is said of it */
        static String write(
                String title, CacheUseReport seen, int endpoints, double secondsPerToken, @Nullable Truth truth) {
            LossLadder ladder = LossLadder.of(seen);
            StringBuilder text =
                    new StringBuilder("\n").append(title).append("\n\n").append(curve(seen));
            text.append('\n').append(ladder(ladder)).append('\n');
            for (LossLadder.Step step : ladder.steps()) {
                if (step.tokens() > 0) {
                    text.append("%s: %s\n".formatted(step.cause().label(), step.remedy()));
                }
            }
            LossLadder.Step main = ladder.main();
            text.append(
                    main == null
                            ? "There is little to win.\n"
                            : "Begin with: %s.\n".formatted(main.cause().label()));
            return text.append('\n')
                    .append(advice(seen, endpoints, secondsPerToken, truth))
                    .toString();
        }

        private static String curve(CacheUseReport seen) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(List.of("caches", "KV tokens", "one cache", "as routed"));
            for (double times : SIZES) {
                double tokens = times * seen.capacityTokens();
                lines.add(List.of(
                        "x" + number("%.2f", times),
                        number("%.0f", tokens),
                        number("%.3f", seen.curve().hitRatio(tokens)),
                        number("%.3f", seen.splitCurve().hitRatio(tokens))));
            }
            lines.add(List.of("infinite", "-", number("%.3f", seen.curve().infiniteHitRatio()), "-"));
            return TextTable.write(lines, 1);
        }

        private static String ladder(LossLadder ladder) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(List.of("hits lost", "tokens", "share"));
            for (LossLadder.Step step : ladder.steps()) {
                lines.add(List.of(step.cause().label(), Long.toString(step.tokens()), number("%.3f", step.share())));
            }
            lines.add(List.of(
                    "delivered",
                    Long.toString(ladder.deliveredTokens()),
                    number("%.3f", ladder.deliveredTokens() / (double) Math.max(1, ladder.promptTokens()))));
            lines.add(List.of("prompts", Long.toString(ladder.promptTokens()), "1.000"));
            return TextTable.write(lines, 1);
        }

        private static String advice(
                CacheUseReport seen, int endpoints, double secondsPerToken, @Nullable Truth truth) {
            CacheAdvice advice = CacheAdvice.of(seen, endpoints, secondsPerToken);
            if (advice.missing() != null) {
                return "No advice: %s.\n".formatted(advice.missing());
            }
            List<Change> changes = new ArrayList<>(advice.changes());
            for (int halves = 1; truth != null && halves <= 4; halves++) {
                int other = endpoints * halves / 2;
                if (Math.abs(other - endpoints) > 1 && other > 0) {
                    changes.add(CacheAdvice.change(seen, endpoints, other, 1, secondsPerToken));
                }
            }
            List<List<String>> lines = new ArrayList<>();
            List<String> head = List.of("change", "KV tokens", "hit", "saved tok/s", "saved endpoints");
            lines.add(truth == null ? head : with(head, "hit replayed"));
            for (Change change : changes) {
                List<String> line = List.of(
                        name(change),
                        number("%.0f", change.cacheTokens()),
                        number("%.3f", change.hitRatio()),
                        number("%.0f", change.savedTokensPerSecond()),
                        number("%.2f", change.savedEndpoints()));
                Double happens = truth == null ? null : truth.hitRatio(change);
                lines.add(truth == null ? line : with(line, happens == null ? "-" : number("%.3f", happens)));
            }
            StringBuilder text = new StringBuilder(TextTable.write(lines, 1)).append("\nHelm values:\n");
            for (Change change : changes) {
                if (change.values() != null) {
                    text.append("%s  %s\n".formatted(name(change), change.values()));
                }
            }
            return text.toString();
        }

        private static String name(Change change) {
            return number("%s, caches x%.1f", Counted.of(change.endpoints(), "endpoint"), change.cacheTimes());
        }

        private static List<String> with(List<String> cells, String last) {
            List<String> more = new ArrayList<>(cells);
            more.add(last);
            return more;
        }

        private static String number(String format, Object... values) {
            return String.format(Locale.ROOT, format, values);
        }
    }
}
