package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.prefix.reuse.CacheAdvice;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.core.prefix.reuse.LossLadder.Step;
import dev.warmlane.core.prefix.reuse.PoolSize;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.CacheWatch.Seen;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.CacheEndpoint.CacheStatus.CacheStatuses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code GET /actuator/cache}: what other sizes of caches would bring, and where hits are lost, of all pools;
 * {@code GET /actuator/cache/{pool}}: of one, or 404. Safe from any thread.
 */
@Endpoint(id = "cache")
public final class CacheEndpoint {
    private final Pools pools;
    private final CacheWatch watch;

    /** Over these pools, as far as the watch has processed their requests. */
    public CacheEndpoint(Pools pools, CacheWatch watch) {
        this.pools = pools;
        this.watch = watch;
    }

    /** Every pool. */
    @ReadOperation
    public CacheStatuses all() {
        return new CacheStatuses(
                pools.all().stream().map(this::status).filter(Objects::nonNull).toList());
    }

    /** One pool, or 404. */
    @ReadOperation
    public @Nullable CacheStatus find(@Selector String pool) {
        return status(Named.pool(pools, pool));
    }

    private @Nullable CacheStatus status(Pool pool) {
        Seen seen = watch.seen(pool.name());
        return seen == null ? null : CacheStatus.of(pool, seen);
    }

    /**
     * What other sizes of a pool's caches would bring, and where hits are lost, as {@code /actuator/cache/{pool}} says it.
     *
     * @param pool its name
     * @param endpoints that there are
     * @param capacityTokens that all their caches hold together; null where they do not say
     * @param replicas of the gateway whose requests are counted here, this one included
     * @param trafficShare the part of the engines' requests that these send, in (0, 1], as the engines' gauges say; they have as much of the
     *     caches
     * @param leftOut requests and responses that were not looked at because too many came at once, since the start
     * @param advised how many endpoints there should be
     * @param heldAlone what goes with each endpoint, the least first; empty where prompts are not watched
     * @param hour of about the last hour; null where prompts are not watched
     * @param day of about the last day; null likewise
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record CacheStatus(
            String pool,
            int endpoints,
            @Nullable Long capacityTokens,
            int replicas,
            double trafficShare,
            long leftOut,
            SizeStatus advised,
            List<HeldStatus> heldAlone,
            @Nullable WindowStatus hour,
            @Nullable WindowStatus day) {
        /** From an eighth to eight times, in steps of the fourth root of two. */
        private static final int STEPS_EITHER_WAY = 12;

        static CacheStatus of(Pool pool, Seen seen) {
            CacheUse use = pool.router().cacheUse();
            CacheUseReport hour = seen.hour();
            CacheUseReport day = seen.day();
            double share = hour == null ? 1 : hour.trafficShare();
            double capacity = hour == null ? 0 : hour.capacityTokens() / share;
            int endpoints = pool.endpoints().snapshot().endpoints().size();
            double secondsPerToken = pool.router().secondsPerToken();
            return new CacheStatus(
                    pool.name(),
                    endpoints,
                    capacity > 0 ? Math.round(capacity) : null,
                    seen.replicas(),
                    share,
                    use == null ? 0 : use.leftOut(),
                    SizeStatus.of(seen.size()),
                    use == null ? List.of() : heldAlone(pool, use.heldAlone()),
                    hour == null ? null : WindowStatus.of(hour, endpoints, secondsPerToken),
                    day == null ? null : WindowStatus.of(day, endpoints, secondsPerToken));
        }

        private static List<HeldStatus> heldAlone(Pool pool, Map<Integer, Double> shares) {
            return pool.endpoints().snapshot().endpoints().stream()
                    .map(endpoint -> new HeldStatus(
                            endpoint.name(), shares.getOrDefault(endpoint.id().hashCode(), 0.0)))
                    .sorted(Comparator.comparingDouble(HeldStatus::share))
                    .toList();
        }

        /**
         * An endpoint, and what would go with it.
         *
         * @param share of what all caches of the pool hold that it holds alone
         */
        public record HeldStatus(String endpoint, double share) {}

        /**
         * How many endpoints there should be: the larger one of both needs, with what keeps it steady.
         *
         * @param endpoints that there should be
         * @param loadNeed that the load needs
         * @param cacheNeed that the target of the hit ratio needs; 0 where there is none or too little is known
         * @param reason why
         */
        public record SizeStatus(int endpoints, int loadNeed, int cacheNeed, String reason) {

            static SizeStatus of(PoolSize.Advice advice) {
                return new SizeStatus(advice.endpoints(), advice.loadNeed(), advice.cacheNeed(), advice.reason());
            }
        }

        /**
         * What was seen over some time, in which what is older counts less.
         *
         * @param requests that it rests on
         * @param promptTokensPerSecond that came
         * @param curve hit ratios by size; empty where the caches' sizes are not known
         * @param infiniteHitRatio of a cache that forgets nothing
         * @param ladder where hits are lost
         * @param advice what changes would bring
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record WindowStatus(
                long requests,
                double promptTokensPerSecond,
                List<PointStatus> curve,
                double infiniteHitRatio,
                LadderStatus ladder,
                AdviceStatus advice) {

            static WindowStatus of(CacheUseReport seen, int endpoints, double secondsPerToken) {
                List<PointStatus> curve = new ArrayList<>();
                for (int i = -STEPS_EITHER_WAY; seen.capacityTokens() > 0 && i <= STEPS_EITHER_WAY; i++) {
                    double times = Math.pow(2, i / 4.0);
                    double tokens = times * seen.capacityTokens();
                    curve.add(new PointStatus(
                            times,
                            Math.round(tokens / seen.trafficShare()),
                            seen.curve().hitRatio(tokens),
                            seen.splitCurve().hitRatio(tokens)));
                }
                return new WindowStatus(
                        Math.round(seen.requests()),
                        seen.promptTokensPerSecond(),
                        curve,
                        seen.curve().infiniteHitRatio(),
                        LadderStatus.of(seen),
                        AdviceStatus.of(CacheAdvice.of(seen, endpoints, secondsPerToken)));
            }
        }

        /**
         * What changes would bring.
         *
         * @param missing why there is no advice; null if there is
         * @param changes that could be made
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record AdviceStatus(@Nullable String missing, List<CacheAdvice.Change> changes) {

            static AdviceStatus of(CacheAdvice advice) {
                return new AdviceStatus(advice.missing(), advice.changes());
            }
        }

        /**
         * One size.
         *
         * @param times as large as the pool's caches are
         * @param tokens that is
         * @param oneCache hit ratio of one LRU cache
         * @param asRouted hit ratio of the endpoints' own caches, as requests are routed
         */
        public record PointStatus(double times, long tokens, double oneCache, double asRouted) {}

        /**
         * Where hits are lost; steps and delivered tokens sum to the prompts.
         *
         * @param promptTokens of requests whose engine said how many were cached
         * @param deliveredTokens of those that were
         * @param hitRatio the one over the other; null where there are none
         * @param steps down from the prompts to what was delivered
         * @param main the label of the step to begin with; null if none is worth it
         * @param turns prompts that were compared with the last one of their session
         * @param differingBlock the block, from 1, in which most of those that differ do so first
         * @param differingShare of the turns that differ there first
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record LadderStatus(
                long promptTokens,
                long deliveredTokens,
                @Nullable Double hitRatio,
                List<StepStatus> steps,
                @Nullable String main,
                long turns,
                int differingBlock,
                double differingShare) {

            static LadderStatus of(CacheUseReport seen) {
                LossLadder ladder = LossLadder.of(seen);
                long prompts = ladder.promptTokens();
                double perSecond = prompts == 0 ? 0 : seen.promptTokensPerSecond() / prompts;
                Step main = ladder.main();
                return new LadderStatus(
                        prompts,
                        ladder.deliveredTokens(),
                        prompts == 0 ? null : (double) ladder.deliveredTokens() / prompts,
                        ladder.steps().stream()
                                .map(step -> new StepStatus(
                                        step.cause().label(),
                                        step.tokens(),
                                        step.share(),
                                        step.tokens() * perSecond,
                                        step.remedy()))
                                .toList(),
                        main == null ? null : main.cause().label(),
                        seen.turns(),
                        seen.differingBlock(),
                        seen.differingShare());
            }
        }

        /**
         * One step.
         *
         * @param cause compulsory, capacity, routing or delivery
         * @param tokens lost here
         * @param share of all prompt tokens
         * @param tokensPerSecond lost here, of what comes
         * @param remedy what it is, and what helps
         */
        public record StepStatus(String cause, long tokens, double share, double tokensPerSecond, String remedy) {}

        /** The response of {@code GET /actuator/cache}. */
        public record CacheStatuses(List<CacheStatus> pools) {
            public CacheStatuses {
                pools = List.copyOf(pools);
            }
        }
    }
}
