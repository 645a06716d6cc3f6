package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint; null where the engine does not say.
 *
 * @param id pod UID or URL
 * @param name pod name or {@code host:port}
 * @param uri where it serves
 * @param server the name of its server, if it is one of several data-parallel ranks; else absent
 * @param rank the number of that rank, from 0; else absent
 * @param state the label of its state
 * @param loadShare the part of an equal load that it may take, in (0, 1]; less than 1 while it is starting
 * @param role prefill or decode; absent where it computes whole requests
 * @param ejection why it is out; null if it is not
 * @param prefixCache its own counters and ratios
 * @param kvCacheUsage share of KV blocks held by running requests, in [0, 1]
 * @param running requests in the engine's batch
 * @param waiting requests queued in the engine
 * @param inFlight requests that the gateway has in flight
 * @param blockSizeTokens tokens in one KV block
 * @param blocks KV blocks of all its engines
 * @param promptTokens prompt tokens it has processed since it started
 * @param generationTokens tokens it has generated since it started
 * @param prefixCaching whether its prefix cache is on
 * @param version vLLM's version
 * @param models the names of its models; empty while it has not listed them
 * @param scrape how fresh this is
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EndpointStatus(
        String id,
        String name,
        String uri,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String server,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer rank,
        String state,
        double loadShare,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String role,
        @Nullable EjectionStatus ejection,
        PrefixCacheStatus prefixCache,
        @Nullable Double kvCacheUsage,
        @Nullable Long running,
        @Nullable Long waiting,
        long inFlight,
        @Nullable Integer blockSizeTokens,
        @Nullable Long blocks,
        @Nullable Boolean prefixCaching,
        @Nullable Long promptTokens,
        @Nullable Long generationTokens,
        @Nullable String version,
        List<String> models,
        ScrapeStatus scrape) {
    public EndpointStatus {
        models = List.copyOf(models);
    }

    /**
     * Why an endpoint is out, and until when.
     *
     * @param reason what it was ejected for
     * @param forMillis time since then
     * @param remainingMillis time until it gets a request again; null while only a health check can tell, and on probation
     * @param inARow ejections in a row, each longer than the last; those by failed health checks do not count
     * @param probation whether the next request that it gets, or one on its way, tells if it is back
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record EjectionStatus(
            String reason, long forMillis, @Nullable Long remainingMillis, int inARow, boolean probation) {
        private static final long NANOS_PER_MILLI = 1_000_000;

        /** Null for an endpoint that is not out. */
        static @Nullable EjectionStatus of(@Nullable EndpointHealth health, long nowNanos) {
            if (health instanceof Ejected ejected) {
                long remaining = Math.max(0, ejected.untilNanos() - nowNanos) / NANOS_PER_MILLI;
                return new EjectionStatus(
                        ejected.reason().label(),
                        (nowNanos - ejected.sinceNanos()) / NANOS_PER_MILLI,
                        ejected.checkFailed() ? null : remaining,
                        ejected.ejections(),
                        false);
            }
            if (health instanceof Probation probation) {
                return new EjectionStatus(
                        probation.reason().label(),
                        (nowNanos - probation.sinceNanos()) / NANOS_PER_MILLI,
                        null,
                        probation.ejections(),
                        true);
            }
            return null;
        }
    }

    /**
     * How fresh an endpoint's numbers are.
     *
     * @param ageMillis since the last scrape that succeeded; null if none has
     * @param silentMillis the same or, if none has succeeded, since the first one; null before that
     * @param error why the last one failed; null if it did not
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ScrapeStatus(
            @Nullable Long ageMillis,
            @Nullable Long silentMillis,
            @Nullable String error) {
        static ScrapeStatus of(EndpointReport report, long nowNanos) {
            return new ScrapeStatus(millis(report.age(nowNanos)), millis(report.silence(nowNanos)), report.error());
        }

        private static @Nullable Long millis(@Nullable Duration time) {
            return time == null ? null : (Long) time.toMillis();
        }
    }

    /**
     * The prefix cache of one server or of several.
     *
     * @param queriedTokens tokens looked up since the server started
     * @param hitTokens those found
     * @param hitRatio hit tokens by queried tokens
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record PrefixCacheStatus(
            @Nullable Long queriedTokens, @Nullable Long hitTokens, HitRatios hitRatio) {
        static PrefixCacheStatus of(@Nullable PrefixCacheCounters life, PrefixCacheWindows windows) {
            return new PrefixCacheStatus(
                    life == null ? null : life.queriedTokens(),
                    life == null ? null : life.hitTokens(),
                    HitRatios.of(life, windows));
        }
    }

    /**
     * Hit tokens by queried tokens, in [0, 1]; null over no queries.
     *
     * @param life since the server started
     * @param lastMinute over the last minute
     * @param last5Minutes over the last 5 minutes
     * @param last60Minutes over the last 60 minutes
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record HitRatios(
            @Nullable Double life,
            @JsonProperty("1m") @Nullable Double lastMinute,
            @JsonProperty("5m") @Nullable Double last5Minutes,
            @JsonProperty("60m") @Nullable Double last60Minutes) {
        static HitRatios of(@Nullable PrefixCacheCounters life, PrefixCacheWindows windows) {
            return new HitRatios(
                    life == null ? null : life.hitRatio(),
                    windows.lastMinute().hitRatio(),
                    windows.last5Minutes().hitRatio(),
                    windows.last60Minutes().hitRatio());
        }
    }
}
