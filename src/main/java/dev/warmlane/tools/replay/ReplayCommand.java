package dev.warmlane.tools.replay;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.prefix.reuse.CacheAdvice.Change;
import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.AdviseCommand.AdviceReport;
import dev.warmlane.tools.replay.Bench.BenchReport;
import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.EngineOptions.RoleOptions;
import dev.warmlane.tools.replay.JoinReport.Comparison;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.ReplaySettings.Roles;
import dev.warmlane.tools.replay.ReportFormat.Row;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code replay} command: every policy on every load, one after the other, then one report. */
@Command(
        name = "replay",
        description =
                "Compares routing policies on a trace or a generated load, with simulated engines in virtual time.",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "hit: share of prompt tokens found in caches",
            "/one, /inf: hits over those of one LRU cache of the pool's total size, and of a cache that forgets nothing",
            "slo: share of requests with a TTFT under 2 s and under 50 ms for each further token",
            "max/mean: busiest endpoint over the mean, by requests and by prompt tokens computed",
            "sticky: share of later requests of a session that went where the one before went",
            "pred/deliv: cached tokens predicted over found",
            "loads/req: adapters that engines loaded for each request",
            "--bench: mean TTFT over that of the best policy, 10 ms added to both; /one; max/mean by requests",
            "Example: replay --trace conversation_trace.jsonl --speed 1,2 --policy expected-cost,round-robin"
        })
public final class ReplayCommand implements Callable<Integer> {
    private static final List<String> POLICIES = List.of("expected-cost", "sticky", "consistent-hash", "round-robin");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--policy",
            split = ",",
            paramLabel = "NAME[:PARAMETER=VALUE...]",
            description = "Files of gateway/policies, and parameters that override theirs "
                    + "(default: expected-cost,sticky,consistent-hash,round-robin; with --bench all).")
    private List<String> policies = List.of();

    @Option(
            names = "--bench",
            description =
                    "All policies on a fixed set of generated loads, each with its own fleet: what a change of a policy "
                            + "is judged by. Takes only --policy, --format and --seed, and some minutes.")
    private boolean bench;

    @Option(
            names = "--advise",
            description =
                    "Also says, for each run, where hits were lost, and what other caches and numbers of endpoints would "
                            + "bring and, replayed, do bring (docs/cache-sizing.md).")
    private boolean advise;

    @Option(
            names = "--speed",
            split = ",",
            defaultValue = "1",
            description = "How many times as fast to replay; several for several runs (default: ${DEFAULT-VALUE}).")
    private List<Double> speeds = List.of();

    @Option(
            names = "--key",
            defaultValue = "session",
            description =
                    "What ties requests to endpoints: session, client-ip, prompt-prefix (default: ${DEFAULT-VALUE}).")
    private String key = "";

    @Option(
            names = "--addresses",
            defaultValue = "256",
            description = "Client addresses that the sessions share, >= 1 (default: ${DEFAULT-VALUE}).")
    private int addresses;

    @Option(
            names = "--format",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private ReportFormat format = ReportFormat.TABLE;

    @Option(names = "--wide", description = "Tables with all columns, however wide (default: what fits 100 columns).")
    private boolean wide;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Seed of all that is random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @ArgGroup(validate = false, heading = "%nWhat is sent:%n")
    private LoadOptions load = new LoadOptions();

    @ArgGroup(validate = false, heading = "%nWhat it is sent to:%n")
    private EngineOptions engine = new EngineOptions();

    @ArgGroup(validate = false, heading = "%nWho computes what:%n")
    private RoleOptions roles = new RoleOptions();

    @ArgGroup(validate = false, heading = "%nWhat goes wrong:%n")
    private Scenario scenario = new Scenario();

    private final List<String> advice = new ArrayList<>();
    private final LongFunction<List<Bench.Case>> benchCases;

    public ReplayCommand() {
        this(Bench::cases);
    }

    /** @param benchCases what {@code --bench} replays, by the seed */
    ReplayCommand(LongFunction<List<Bench.Case>> benchCases) {
        this.benchCases = benchCases;
    }

    @Override
    public Integer call() throws IOException {
        List<Row> rows = Arguments.named(spec, bench ? this::benchRows : this::rows);
        spec.commandLine().getOut().print(report(rows));
        advice.forEach(spec.commandLine().getOut()::print);
        spec.commandLine().getOut().flush();
        return CommandLine.ExitCode.OK;
    }

    private String report(List<Row> rows) {
        if (format != ReportFormat.TABLE) {
            return format.write(rows);
        }
        if (bench) {
            return new BenchReport(rows, wide ? Integer.MAX_VALUE : ReportFormat.NARROW).write();
        }
        return wide ? format.write(rows) : ReportFormat.narrow(rows);
    }

    private List<Row> benchRows() throws IOException {
        WrongArgumentException.check(!advise, "bench", "with --advise", "without");
        WrongArgumentException.check(load.isEmpty(), "bench", "a load is given", "none, it brings its own");
        List<NamedPolicy> named = policies(Bench.POLICIES);
        List<Row> rows = new ArrayList<>();
        List<Bench.Case> cases = benchCases.apply(seed);
        int runs = cases.size() * named.size();
        for (Bench.Case one : cases) {
            Load read = one.source().read();
            for (NamedPolicy policy : named) {
                rows.add(row(read, one.settings(), policy, one.name(), rows.size() + 1, runs));
            }
        }
        return rows;
    }

    private List<NamedPolicy> policies(List<String> unlessGiven) {
        return (policies.isEmpty() ? unlessGiven : policies)
                .stream().map(NamedPolicy::parse).toList();
    }

    private List<Row> rows() throws IOException {
        WrongArgumentException.check(!advise || format == ReportFormat.TABLE, "advise", "--format " + format, "table");
        List<NamedPolicy> named = policies(POLICIES);
        scenario.checkSlow(engine.pods());
        AdapterConfig adapters = engine.adapters();
        ReplaySettings settings = new ReplaySettings(
                engine.pods(),
                engine.kvTokens(),
                engine.model(),
                load.hasAdapters() ? adapters : AdapterConfig.NONE,
                keySource(),
                addresses,
                scenario.checked(),
                seed,
                null);
        Roles split = roles.roles();
        Load asRead = load.read(seed, spec.commandLine().getParseResult());
        if (split != null) {
            RolesReport report = new RolesReport(
                    settings,
                    split,
                    (faster, fleet, policy, label, run, runs) ->
                            row(faster, fleet, policy, label, run, runs).result());
            List<Row> compared = report.rows(policies(List.of("expected-cost")), speeds, asRead);
            if (format == ReportFormat.TABLE) {
                advice.add(String.format("%n"));
                advice.addAll(report.verdicts());
            }
            return compared;
        }
        List<Row> rows = new ArrayList<>();
        for (double speed : speeds) {
            Load faster = asRead.atSpeed(speed);
            String label = asRead.label(speed);
            for (NamedPolicy policy : named) {
                rows.add(row(faster, settings, policy, label, rows.size() + 1, speeds.size() * named.size()));
            }
        }
        return rows;
    }

    private KeySource keySource() {
        try {
            return KeySource.ofLabel(key);
        } catch (IllegalArgumentException e) {
            throw WrongArgumentException.of("key", key, "session, client-ip or prompt-prefix");
        }
    }

    /** What happens where a change is made; null if a request would not fit. */
    private static @Nullable Double hitRatio(Load load, ReplaySettings settings, NamedPolicy policy, Change change) {
        long kvTokens = Math.round(settings.kvTokens() * change.cacheTimes());
        if (load.longestTokens() + Load.BLOCK_SIZE_TOKENS > kvTokens) {
            return null;
        }
        return new Replay(load, settings.withCaches(change.endpoints(), kvTokens), policy, share -> {})
                .run()
                .hitRatio();
    }

    private Row row(Load load, ReplaySettings settings, NamedPolicy policy, String label, int run, int runs) {
        Progress progress = new Progress(
                System.err,
                CommandLine.Help.Ansi.AUTO.enabled(),
                "%d of %d: %s, %s".formatted(run, runs, label, policy.text()));
        try {
            Replay replay = new Replay(load, settings, policy, progress);
            PolicyResult result = replay.run();
            Comparison joined = joined(replay, load, settings, policy);
            if (joined != null && format == ReportFormat.TABLE) {
                advice.add(joined.write("%s, %s".formatted(label, policy.text())));
            }
            if (advise) {
                advice.add(AdviceReport.write(
                        "%s, %s".formatted(label, policy.text()),
                        replay.cacheUse(),
                        settings.endpoints(),
                        replay.secondsPerToken(),
                        change -> hitRatio(load, settings, policy, change)));
            }
            return new Row(label, policy.text(), result, joined);
        } finally {
            progress.done();
        }
    }

    /** Endpoints that joined or left, next to what comes of them where no cache is filled; null if nobody asks. */
    private static @Nullable Comparison joined(Replay replay, Load load, ReplaySettings settings, NamedPolicy policy) {
        Double seconds = settings.scenario().prewarmSeconds;
        List<FirstMinute> minutes = replay.firstMinutes();
        List<MinuteAfter> left = replay.minutesAfter();
        if (seconds == null || seconds == 0 || (minutes.isEmpty() && left.isEmpty())) {
            return seconds == null ? null : new Comparison(minutes, null, left, null);
        }
        Replay cold = new Replay(load, settings, policy, 0.0, share -> {});
        cold.run();
        return new Comparison(minutes, cold.firstMinutes(), left, cold.minutesAfter());
    }
}
