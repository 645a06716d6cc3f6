package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one endpoint from scraping it. Immutable.
 *
 * @param metrics the last metrics that could be read; null while there are none
 * @param windows what its prefix cache counted over the last minutes
 * @param models its models as it last listed them, base models before adapters; empty while it has not
 * @param modelsAnswered whether it has ever answered, or failed to answer, which models it serves
 * @param version vLLM's version; null where it has not said
 * @param askedSinceNanos when the metrics were first asked for, on the scraper's clock; null while they have not been
 * @param scrapedAtNanos when the metrics came, on the same clock; null while there are none
 * @param error why the last scrape failed, in a few words; null if it did not
 * @param ranks the same of each data-parallel rank, where it has several; empty where not
 */
public record EndpointReport(
        @Nullable VllmMetrics metrics,
        PrefixCacheWindows windows,
        List<ModelCard> models,
        boolean modelsAnswered,
        @Nullable String version,
        @Nullable Long askedSinceNanos,
        @Nullable Long scrapedAtNanos,
        @Nullable String error,
        List<EndpointReport> ranks) {

    /** How long what an engine said of its load and its sleep may stand for now. */
    private static final Duration PRESENT = Duration.ofSeconds(30);

    /** What is known of an endpoint that has not been asked yet. */
    public static final EndpointReport NONE =
            new EndpointReport(null, PrefixCacheWindows.NONE, List.of(), false, null, null, null);

    public EndpointReport {
        models = List.copyOf(models);
        ranks = List.copyOf(ranks);
    }

    /** What is known of one rank: what is of the server, and of metrics nothing while the server does not tell its ranks apart. */
    public EndpointReport ofRank(int number) {
        return number < ranks.size()
                ? ranks.get(number)
                : new EndpointReport(
                        null,
                        PrefixCacheWindows.NONE,
                        models,
                        modelsAnswered,
                        version,
                        askedSinceNanos,
                        scrapedAtNanos,
                        error,
                        List.of());
    }

    /** A report on an endpoint whose ranks are not told apart, and that was first asked when its metrics came. */
    public EndpointReport(
            @Nullable VllmMetrics metrics,
            PrefixCacheWindows windows,
            List<ModelCard> models,
            boolean modelsAnswered,
            @Nullable String version,
            @Nullable Long scrapedAtNanos,
            @Nullable String error) {
        this(metrics, windows, models, modelsAnswered, version, scrapedAtNanos, scrapedAtNanos, error, List.of());
    }

    /** The load it last reported; {@link EndpointLoad#UNKNOWN} while there is none. */
    public EndpointLoad load() {
        return metrics == null ? EndpointLoad.UNKNOWN : metrics.load();
    }

    /**
     * The load it last reported, but for what it was doing then if that was long ago and it does not answer: an engine that
     * died under load would look busy for good.
     *
     * @param nowNanos the scraper's clock
     */
    public EndpointLoad load(long nowNanos) {
        return stands(nowNanos) ? load() : load().capacityOnly();
    }

    /**
     * Whether its engine sleeps, as it last said, unless that was long ago and its metrics fail: an engine that woke up since
     * could not say so, and would be out for good.
     *
     * @param nowNanos the scraper's clock
     */
    public boolean asleep(long nowNanos) {
        return metrics != null && metrics.asleep() && stands(nowNanos);
    }

    /** Whether its engine said at the last scrape, which did not fail, that it is awake and has neither running nor waiting requests. */
    public boolean isIdle() {
        EndpointLoad load = load();
        return metrics != null
                && error == null
                && !metrics.asleep()
                && Objects.equals(load.running(), 0L)
                && Objects.equals(load.waiting(), 0L);
    }

    private boolean stands(long nowNanos) {
        Duration age = age(nowNanos);
        return error == null || age == null || age.compareTo(PRESENT) <= 0;
    }

    /** The endpoint's own prefix cache counters, as it last reported them; null where it has not. */
    public @Nullable PrefixCacheCounters prefixCache() {
        return metrics == null ? null : metrics.prefixCache();
    }

    /**
     * How old the metrics are; null while there are none.
     *
     * @param nowNanos the scraper's clock
     */
    public @Nullable Duration age(long nowNanos) {
        return scrapedAtNanos == null ? null : Duration.ofNanos(nowNanos - scrapedAtNanos);
    }

    /**
     * How long there have been no new metrics: since the last came or, while there are none, since they were first asked for; null
     * before that.
     *
     * @param nowNanos the scraper's clock
     */
    public @Nullable Duration silence(long nowNanos) {
        Long since = scrapedAtNanos == null ? askedSinceNanos : scrapedAtNanos;
        return since == null ? null : Duration.ofNanos(nowNanos - since);
    }

    /** The latest report of every endpoint. Safe to read from any thread, without waiting. */
    @FunctionalInterface
    public interface EndpointReports {
        /** The latest report; {@link EndpointReport#NONE} for an endpoint that is unknown or has not been asked yet. */
        EndpointReport report(EndpointId id);
    }
}
