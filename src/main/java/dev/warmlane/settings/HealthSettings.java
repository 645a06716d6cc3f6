package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import dev.warmlane.settings.PoolSettings.PoolPrewarmSettings;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Health checks of the endpoints, and slow start.
 *
 * @param enabled Whether endpoints are health-checked by GET /health.
 * @param interval Time between two health checks of an endpoint, plus or minus 10 %. A healthy endpoint that said it has nothing to do,
 *     and has got nothing since, is checked less often, by default about every 3 s, if this is at most 5 s.
 * @param timeout Timeout of one health check.
 * @param suspectAfter How long a health check may take, while nothing else comes from its endpoint, before new requests avoid
 *     the endpoint.
 * @param moveWaiting Consecutive timed-out checks, with nothing else coming from an endpoint, after which requests that still wait
 *     there for their first byte go to another endpoint. 0: never.
 * @param refusedIdleTimeout Time without a byte after which a response that has begun ends, once its endpoint refuses
 *     connections.
 * @param fall Consecutive failed checks after which an endpoint is taken out.
 * @param rise Consecutive passed checks after which an endpoint is tried again.
 * @param slowStart Time in which the load of a new or returning endpoint grows from a tenth to its full share. 0s: full
 *     share at once.
 */
public record HealthSettings(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("2s") Duration interval,
        @DefaultValue("2s") Duration timeout,
        @DefaultValue("500ms") Duration suspectAfter,
        @DefaultValue("1") int moveWaiting,
        @DefaultValue("10s") Duration refusedIdleTimeout,
        @DefaultValue("3") int fall,
        @DefaultValue("2") int rise,
        @DefaultValue("30s") Duration slowStart) {

    public HealthSettings {
        Check.positive("warmlane.health.interval", interval);
        Check.positive("warmlane.health.timeout", timeout);
        Check.positive("warmlane.health.suspect-after", suspectAfter);
        Check.atLeast("warmlane.health.move-waiting", moveWaiting, 0);
        Check.positive("warmlane.health.refused-idle-timeout", refusedIdleTimeout);
        Check.atLeast("warmlane.health.fall", fall, 1);
        Check.atLeast("warmlane.health.rise", rise, 1);
        Check.notNegative("warmlane.health.slow-start", slowStart);
    }

    /**
     * Outlier ejection: endpoints that fail requests get none for a while. Failures are failed connections, 502, 503, 504,
     * timeouts and
     * aborts before the first token.
     *
     * @param enabled Whether endpoints that fail requests are ejected. Failures are failed connections, 502, 503, 504, timeouts
     *     and aborts before the first token.
     * @param consecutiveFailures Consecutive failures that eject an endpoint.
     * @param successRate Success rate, from 0 to 1, below which an endpoint is ejected.
     * @param minRequests Requests in warmlane.outlier.window below which the success rate is not judged.
     * @param window Time over which the success rate is taken.
     * @param ejection Duration of the first ejection. Each further one in a row lasts this much longer.
     * @param maxEjection Upper bound of an ejection.
     * @param keepSessions Ejections up to this long keep the bindings of their sessions, whose requests go elsewhere meanwhile.
     *     Longer ones move the sessions; 0s: all do.
     */
    public record OutlierSettings(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("5") int consecutiveFailures,
            @DefaultValue("0.8") double successRate,
            @DefaultValue("5") int minRequests,
            @DefaultValue("10s") Duration window,
            @DefaultValue("30s") Duration ejection,
            @DefaultValue("5m") Duration maxEjection,
            @DefaultValue("30s") Duration keepSessions) {

        public OutlierSettings {
            Check.atLeast("warmlane.outlier.consecutive-failures", consecutiveFailures, 1);
            if (!(successRate >= 0 && successRate <= 1)) {
                throw new InvalidSettingException("warmlane.outlier.success-rate", successRate, "0 to 1");
            }
            Check.atLeast("warmlane.outlier.min-requests", minRequests, 1);
            Check.positive("warmlane.outlier.window", window);
            Check.positive("warmlane.outlier.ejection", ejection);
            if (maxEjection.compareTo(ejection) < 0) {
                throw new InvalidSettingException(
                        "warmlane.outlier.max-ejection",
                        maxEjection,
                        "at least warmlane.outlier.ejection, " + InvalidSettingException.text(ejection));
            }
            Check.notNegative("warmlane.outlier.keep-sessions", keepSessions);
        }
    }

    /**
     * How the endpoints' metrics are read.
     *
     * @param interval Time between two scrapes of an endpoint's /metrics, plus or minus 10 %. An endpoint that said it has
     *     nothing to do, and has got nothing since, is scraped about half as often, if this is at most 5 s.
     * @param timeout Timeout of one scrape.
     * @param modelsInterval Time between two reads of an endpoint's /v1/models, at least warmlane.scrape.interval. They come after a
     *     scrape, so later where an endpoint with nothing to do is scraped less often. An endpoint that lists several models is asked at
     *     every scrape, and all are when a request names a model that nobody lists. An endpoint's /version is read too, once a minute and
     *     after a failed scrape.
     */
    public record ScrapeSettings(
            @DefaultValue("1s") Duration interval,
            @DefaultValue("2s") Duration timeout,
            @DefaultValue("5s") Duration modelsInterval) {

        public ScrapeSettings {
            Check.positive("warmlane.scrape.interval", interval);
            Check.positive("warmlane.scrape.timeout", timeout);
            if (modelsInterval.compareTo(interval) < 0) {
                throw new InvalidSettingException(
                        "warmlane.scrape.models-interval",
                        modelsInterval,
                        "at least warmlane.scrape.interval, " + InvalidSettingException.text(interval));
            }
        }
    }

    /**
     * Filling an empty cache before its first request.
     *
     * @param enabled Whether an endpoint that is new, or comes back with an empty cache, gets the beginnings of prompts that many sessions
     *     share before it gets requests. For this the gateway keeps these beginnings in memory: what enough sessions have sent alike.
     * @param minSessions Sessions that must have sent the same beginning before it is kept. They must come from two client addresses at
     *     least, unless warmlane.affinity.client-ip says that an address has many people behind it.
     * @param memory Memory of each pool for beginnings of prompts.
     * @param ttl How long a beginning is kept after its last use.
     * @param maxDuration Longest time that an endpoint waits for its cache to be filled. Then it gets requests, whatever it
     *     holds.
     * @param maxTokens Most prompt tokens that an endpoint computes to fill its cache; never more than 60 % of the cache.
     * @param concurrency Maximum number of requests at a time that fill the cache of one server, or hand it over.
     * @param priority Value of the field priority in requests that fill caches, such as 1000 for engines with --scheduling-policy
     *     priority; others refuse it. Absent: no such field.
     */
    public record PrewarmSettings(
            @DefaultValue("false") boolean enabled,
            @DefaultValue("3") int minSessions,
            @DefaultValue("64MB") DataSize memory,
            @DefaultValue("30m") Duration ttl,
            @DefaultValue("20s") Duration maxDuration,
            @DefaultValue("200000") long maxTokens,
            @DefaultValue("4") int concurrency,
            @Nullable Integer priority) {

        /** What an engine runs at a time, at most. */
        private static final int MOST_AT_A_TIME = 1024;

        public PrewarmSettings {
            Check.atLeast("warmlane.prewarm.min-sessions", minSessions, 2);
            Check.positive("warmlane.prewarm.memory", memory);
            Check.positive("warmlane.prewarm.ttl", ttl);
            Check.positive("warmlane.prewarm.max-duration", maxDuration);
            Check.atLeast("warmlane.prewarm.max-tokens", maxTokens, 1);
            Check.between("warmlane.prewarm.concurrency", concurrency, 1, MOST_AT_A_TIME);
        }

        /** These settings for one pool, with its own in the place of those that it gives. */
        public PrewarmSettings of(PoolPrewarmSettings pool) {
            return new PrewarmSettings(
                    Objects.requireNonNullElse(pool.enabled(), enabled),
                    minSessions,
                    memory,
                    ttl,
                    Objects.requireNonNullElse(pool.maxDuration(), maxDuration),
                    Objects.requireNonNullElse(pool.maxTokens(), maxTokens),
                    concurrency,
                    pool.priority() != null ? pool.priority() : priority);
        }

        /** {@link #memory}, in bytes. */
        public long memoryBytes() {
            return memory.toBytes();
        }
    }
}
