package dev.warmlane.engines.probe;

import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What scraping has taught about one server so far. A failure replaces the last error and nothing else. For the
 * scraper's thread; {@link #report} is what others see.
 */
final class EndpointKnowledge {
    private static final Duration VERSION_INTERVAL = Duration.ofMinutes(1);

    /** No engine lives shorter: several that answer at one address look as if it restarted again and again. */
    private static final long SHORTEST_LIFE_NANOS = Duration.ofSeconds(10).toNanos();

    private final LongSupplier nanoClock;
    private final long askedSinceNanos;
    private PrefixCacheHistory history;
    private List<PrefixCacheHistory> rankHistories = List.of();
    private boolean cachingOff;
    private @Nullable VllmMetrics metrics;
    private @Nullable Long scrapedAtNanos;
    private @Nullable Long restartedAtNanos;
    private @Nullable Long formerUntilNanos;
    private boolean severalProcesses;
    private @Nullable String metricsError;
    private List<ModelCard> models = List.of();
    private boolean modelsAnswered;
    private @Nullable Long modelsAskedAtNanos;
    private @Nullable String modelsError;
    private @Nullable String version;
    private @Nullable Long versionAskedAtNanos;

    /** Of a server that is asked now for the first time. */
    EndpointKnowledge(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.askedSinceNanos = nanoClock.getAsLong();
        this.history = new PrefixCacheHistory(nanoClock);
    }

    void learn(VllmMetrics newMetrics) {
        if (metrics != null && newMetrics.isOfAnotherProcess(metrics)) {
            restarted();
        }
        metrics = newMetrics;
        scrapedAtNanos = nanoClock.getAsLong();
        metricsError = null;
        boolean off = Boolean.FALSE.equals(newMetrics.load().prefixCaching());
        if (off != cachingOff) {
            // What the engine hit before says nothing of what it hits now.
            cachingOff = off;
            history = new PrefixCacheHistory(nanoClock);
            rankHistories = List.of();
        }
        record(history, newMetrics);
        List<VllmMetrics> ranks = newMetrics.ranks();
        if (rankHistories.size() != ranks.size()) {
            rankHistories = ranks.stream()
                    .map(rank -> new PrefixCacheHistory(nanoClock))
                    .toList();
        }
        for (int i = 0; i < ranks.size(); i++) {
            record(rankHistories.get(i), ranks.get(i));
        }
    }

    private void restarted() {
        long now = nanoClock.getAsLong();
        severalProcesses |= restartedAtNanos != null && now - restartedAtNanos < SHORTEST_LIFE_NANOS;
        restartedAtNanos = now;
        formerUntilNanos = severalProcesses ? null : scrapedAtNanos;
        // It may be another release, with other models.
        modelsAskedAtNanos = null;
        versionAskedAtNanos = null;
    }

    /** When the former process was scraped last, if another one was found since this was last asked; else null. */
    @Nullable
    Long takeRestart() {
        Long until = formerUntilNanos;
        formerUntilNanos = null;
        return until;
    }

    private void record(PrefixCacheHistory of, VllmMetrics said) {
        PrefixCacheCounters counters = cachingOff ? misses(said) : said.prefixCache();
        if (counters != null) {
            of.record(counters);
        }
    }

    /** An engine that caches nothing looks nothing up, and every prompt token is one that could have hit. */
    private static @Nullable PrefixCacheCounters misses(VllmMetrics metrics) {
        Long promptTokens = metrics.promptTokens();
        return promptTokens == null ? null : new PrefixCacheCounters(promptTokens, 0);
    }

    void metricsFailed(String error) {
        metricsError = error;
        // It may come back as another release.
        versionAskedAtNanos = null;
    }

    void learnModels(List<ModelCard> newModels) {
        models = newModels;
        modelsAnswered = true;
        modelsError = null;
    }

    void modelsFailed(String error) {
        modelsAnswered = true;
        modelsError = "/v1/models: " + error;
    }

    void learnVersion(String newVersion) {
        version = newVersion;
    }

    /**
     * Whether models are to be asked for: they are due after the interval, when somebody has wanted to know them since they were asked
     * for, and always where there are several: adapters come and go.
     */
    boolean areModelsDue(Duration modelsInterval, long wantedNanos) {
        return areModelsWanted(wantedNanos)
                || models.size() > 1
                || nanoClock.getAsLong() - Objects.requireNonNull(modelsAskedAtNanos) >= modelsInterval.toNanos();
    }

    /** Whether models were never asked for, or somebody has wanted to know them since. */
    boolean areModelsWanted(long wantedNanos) {
        return modelsAskedAtNanos == null || wantedNanos - modelsAskedAtNanos > 0;
    }

    /** Whether models {@linkplain #areModelsDue are due}; if so, they count as asked for. */
    boolean takeModelsTurn(Duration modelsInterval, long wantedNanos) {
        boolean due = areModelsDue(modelsInterval, wantedNanos);
        if (due) {
            modelsAskedAtNanos = nanoClock.getAsLong();
        }
        return due;
    }

    /**
     * Whether the version is to be asked for now; if so, it counts as asked: until it is known, after a failure, and
     * once a minute.
     */
    boolean takeVersionTurn() {
        long now = nanoClock.getAsLong();
        if (version != null && versionAskedAtNanos != null && now - versionAskedAtNanos < VERSION_INTERVAL.toNanos()) {
            return false;
        }
        versionAskedAtNanos = now;
        return true;
    }

    /** All of it, with the windows as they are now. */
    EndpointReport report() {
        List<EndpointReport> ranks = new ArrayList<>(rankHistories.size());
        for (int i = 0; metrics != null && i < rankHistories.size(); i++) {
            ranks.add(report(metrics.ranks().get(i), rankHistories.get(i), List.of()));
        }
        return report(metrics, history, ranks);
    }

    private EndpointReport report(@Nullable VllmMetrics of, PrefixCacheHistory counted, List<EndpointReport> ranks) {
        String error = metricsError != null ? metricsError : modelsError;
        return new EndpointReport(
                of,
                PrefixCacheWindows.of(counted),
                models,
                modelsAnswered,
                version,
                askedSinceNanos,
                scrapedAtNanos,
                error,
                ranks);
    }
}
