package dev.warmlane.tools.replay;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.SharedPrefixes.Expectation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What goes wrong during a replay: options of the command, not changed once they are read. */
public final class Scenario {
    /** Some thirty years: more than a trace lasts, and nanoseconds of it can be added up. */
    private static final long MOST_SECONDS = 1_000_000_000;

    /** More often, nothing would happen but restarts. */
    private static final double LEAST_INTERVAL_SECONDS = 0.001;

    /** More replicas than there will be; each has tables of its own. */
    private static final int MOST_GATEWAYS = 100;

    @Option(names = "--add", split = ",", paramLabel = "SECONDS", description = "A cold endpoint joins at these times.")
    List<Double> addSeconds = List.of();

    @Option(
            names = "--remove",
            split = ",",
            paramLabel = "SECONDS",
            description = "An endpoint is lost at these times; what it was computing starts again elsewhere.")
    List<Double> removeSeconds = List.of();

    @Option(
            names = "--restart-each",
            paramLabel = "SECONDS",
            description =
                    "Interval at which the next endpoint is lost and a cold one takes its place, >= 0.001 (default: none is).")
    @Nullable
    Double restartEachSeconds;

    @Option(
            names = "--notice",
            paramLabel = "SECONDS",
            description =
                    "For how long before it is lost an endpoint gets no new sessions, as a pod that terminates, >= 0 (default: 0). "
                            + "With --prewarm, what its sessions share is computed where they will go, and the minute after it has left "
                            + "is printed as well, as with --prewarm 0.")
    double noticeSeconds;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            description =
                    "With --restart-each: an operator drains the endpoint first, so that it gets nothing more and finishes what it "
                            + "has; it is away for so long then, >= 0, and is put back as the same one, with an empty cache. With --prewarm, "
                            + "as with --notice.")
    @Nullable
    Double drainSeconds;

    @Option(
            names = "--slow",
            split = ",",
            splitSynopsisLabel = ",",
            paramLabel = "N=FACTOR",
            description = "Endpoint N, from 0, takes FACTOR times as long for everything.")
    Map<Integer, Double> slowdowns = Map.of();

    @Option(
            names = "--slow-from",
            paramLabel = "SECONDS",
            description = "The slow endpoints are as fast as the others until then, >= 0 (default: 0).")
    double slowFromSeconds;

    @Option(
            names = "--measure-from",
            paramLabel = "SECONDS",
            description = "Measure only requests that arrive from then on, >= 0 (default: 0).")
    double measureFromSeconds;

    @Option(
            names = "--prewarm",
            paramLabel = "SECONDS",
            description =
                    "How long an endpoint that joins or comes back first computes the prefixes that sessions share; prints how "
                            + "its first minute went, and how it goes in the same replay without. 0: only the latter (default: neither).")
    @Nullable
    Double prewarmSeconds;

    @Option(
            names = "--prewarm-by",
            paramLabel = "NAME",
            description =
                    "Which of these come first, by what is expected of them: ${COMPLETION-CANDIDATES} (default: forecast).")
    Expectation prewarmBy = Expectation.FORECAST;

    @Option(
            names = "--index-scale",
            paramLabel = "FACTOR",
            description = "The index believes caches to be this many times their size (default: 1).")
    double indexScale = 1;

    @Option(
            names = "--gateways",
            description = "Gateways that share the requests, 1..100 (default: 1); they tell each other nothing without "
                    + "--share-delay-ms.")
    int gateways = 1;

    @Option(
            names = "--share-delay-ms",
            paramLabel = "MS",
            description =
                    "The gateways tell each other what they do, as replicas in a cluster: gathered for 20 ms, known to "
                            + "the others this much later, 0..3600000.")
    private @Nullable Long shareDelayMillis;

    Scenario() {}

    /**
     * A scenario of such options: {@code --remove=6}; without any, everything is as it should be.
     *
     * @throws IllegalArgumentException naming the option that is out of range
     */
    public static Scenario of(String... options) {
        return CommandLine.populateCommand(new Scenario(), options).checked();
    }

    /** @throws IllegalArgumentException naming the option that is out of range */
    Scenario checked() {
        addSeconds.forEach(seconds -> seconds("add", seconds, 0));
        removeSeconds.forEach(seconds -> seconds("remove", seconds, 0));
        slowdowns.forEach((endpoint, factor) -> {
            WrongArgumentException.atLeast("slow", endpoint, 0);
            WrongArgumentException.positive("slow", factor);
        });
        seconds("restart each", restartEachSeconds, LEAST_INTERVAL_SECONDS);
        seconds("notice", noticeSeconds, 0);
        seconds("drain", drainSeconds, 0);
        WrongArgumentException.check(
                drainSeconds == null || (restartEachSeconds != null && noticeSeconds == 0),
                "drain",
                drainSeconds + " s",
                "with --restart-each, and without --notice");
        seconds("slow from", slowFromSeconds, 0);
        seconds("measure from", measureFromSeconds, 0);
        seconds("prewarm", prewarmSeconds, 0);
        WrongArgumentException.positive("index scale", indexScale);
        WrongArgumentException.within("gateways", gateways, 1, MOST_GATEWAYS);
        WrongArgumentException.check(
                shareDelayMillis == null
                        || (shareDelayMillis >= 0 && shareDelayMillis <= WrongArgumentException.HOUR_MILLIS),
                "share delay ms",
                shareDelayMillis,
                "0.." + WrongArgumentException.HOUR_MILLIS);
        return this;
    }

    private static void seconds(String name, @Nullable Double value, double least) {
        WrongArgumentException.check(
                value == null || (value >= least && value <= MOST_SECONDS),
                name,
                value + " s",
                "%s..%d".formatted(least == 0 ? "0" : least, MOST_SECONDS));
    }

    /** @throws IllegalArgumentException if an endpoint is slow that a fleet of so many at the start never has */
    void checkSlow(int endpoints) {
        int last = endpoints + addSeconds.size() - 1;
        slowdowns
                .keySet()
                .forEach(endpoint -> WrongArgumentException.check(
                        endpoint <= last, "slow", endpoint, "an endpoint from 0 to " + last));
    }

    /** How long what a gateway tells takes to the others; null: they tell each other nothing. */
    @Nullable
    Duration shareDelay() {
        return shareDelayMillis == null ? null : Duration.ofMillis(shareDelayMillis);
    }
}
