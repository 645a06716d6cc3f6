package dev.warmlane.ops.actuator;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.core.prefix.reuse.LossLadder.Cause;
import dev.warmlane.core.prefix.reuse.PoolSize;
import dev.warmlane.core.routing.EndpointTallies;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.CacheWatch.Seen;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Whether a pool can take requests, its endpoints by state, its ejections, and counters that are there before their first
 * event, because one that begins with it shows no increase. A fixed number for each pool.
 */
public final class PoolMeters {
    /** Registers those of all pools. */
    public PoolMeters(MeterRegistry registry, Pools pools) {
        for (Pool pool : pools.all()) {
            gauges(registry, pool);
            targets(registry, pool);
            count(registry, pool.name());
            pool.health().addListener(ejections(registry, pool.name()));
        }
        countRequests(registry, PoolSettings.NO_POOL);
    }

    private static void gauges(MeterRegistry registry, Pool pool) {
        String name = pool.name();
        EndpointPool endpoints = pool.endpoints();
        PoolMeter.SELECTABLE_ENDPOINTS.gauge(
                registry, endpoints, of -> of.snapshot().healthy(), name);
        PoolMeter.DISCOVERY_STALE.gauge(registry, pool, of -> of.isDiscoveryStale() ? 1 : 0, name);
        PoolMeter.POOL_PANIC.gauge(registry, endpoints, of -> of.snapshot().isPanic() ? 1 : 0, name);
        Arrays.stream(EndpointState.values())
                .map(EndpointState::label)
                .distinct()
                .forEach(state -> PoolMeter.ENDPOINTS.gauge(registry, endpoints, of -> count(of, state), name, state));
    }

    private static void targets(MeterRegistry registry, Pool pool) {
        PoolTargets targets = pool.targets();
        target(registry, pool, "hit_ratio", targets.hitRatio());
        target(registry, pool, "ttft_seconds", targets.ttftSeconds());
        target(registry, pool, "stickiness", targets.stickiness());
        target(registry, pool, "losing_hits", targets.losingHits());
    }

    private static void target(MeterRegistry registry, Pool pool, String of, @Nullable Double value) {
        if (value != null) {
            PoolMeter.TARGET.gauge(registry, value, Double::doubleValue, pool.name(), of);
        }
    }

    private static long count(EndpointPool pool, String state) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.state().label().equals(state))
                .count();
    }

    private static void count(MeterRegistry registry, String pool) {
        RequestMeter.RETRY_BUDGET_EXHAUSTED.counter(registry, pool);
        RequestMeter.MOVES_LOSING_HITS.counter(registry, pool);
        countRequests(registry, pool);
        for (KeySource source : KeySource.values()) {
            if (source.isSession()) {
                countDecisions(registry, pool, source);
            }
        }
        for (EjectionReason reason : EjectionReason.values()) {
            PoolMeter.EJECTIONS.counter(registry, pool, reason.label());
        }
    }

    private static void countDecisions(MeterRegistry registry, String pool, KeySource source) {
        for (Outcome outcome : Outcome.values()) {
            RequestMeter.DECISIONS.counter(registry, pool, source.label(), outcome.label());
        }
    }

    private static HealthListener ejections(MeterRegistry registry, String pool) {
        return new HealthListener() {
            @Override
            public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
                if (now instanceof Ejected ejected && endpoint.id().rank() == 0) {
                    PoolMeter.EJECTIONS
                            .counter(registry, pool, ejected.reason().label())
                            .increment();
                }
            }
        };
    }

    private static void countRequests(MeterRegistry registry, String pool) {
        for (Result result : Result.values()) {
            RequestMeter.REQUESTS.counter(registry, pool, result.label());
        }
    }

    /**
     * What the gateway knows of its own routing, as meters: what is in flight at each endpoint, bindings, and predicted against
     * delivered cache hits. {@link #refresh} makes the endpoints' meters follow the pools.
     */
    public static final class RoutingMeters {
        private final Pools pools;
        private final MultiGauge requests;
        private final MultiGauge promptTokens;
        private List<EndpointSnapshot> registered = List.of();

        /** Registers those of all pools; those of endpoints come with {@link #refresh}. */
        public RoutingMeters(MeterRegistry registry, Pools pools, Bindings bindings) {
            this.pools = pools;
            this.requests = PoolMeter.IN_FLIGHT_REQUESTS.gauges(registry);
            this.promptTokens = PoolMeter.IN_FLIGHT_PROMPT_TOKENS.gauges(registry);
            PoolMeter.AFFINITY_BINDINGS.gauge(registry, bindings, Bindings::size);
            PoolMeter.AFFINITY_EVICTIONS.counter(registry, bindings, Bindings::evictions);
            for (Pool pool : pools.all()) {
                EndpointTallies tallies = pool.router().tallies();
                RequestMeter.PREDICTED_PREFIX_TOKENS.counter(
                        registry, tallies, EndpointTallies::predictedTokens, pool.name());
                RequestMeter.DELIVERED_PREFIX_TOKENS.counter(
                        registry, tallies, EndpointTallies::deliveredTokens, pool.name());
            }
        }

        /** Makes the meters those of the endpoints that there are now. Off the request path. */
        public synchronized void refresh() {
            List<EndpointSnapshot> now = pools.snapshots();
            if (now.equals(registered)) {
                return;
            }
            registered = now;
            requests.register(rows(InFlight::requests), true);
            promptTokens.register(rows(InFlight::promptTokens), true);
        }

        private List<MultiGauge.Row<?>> rows(BiFunction<InFlight, EndpointId, Number> value) {
            List<MultiGauge.Row<?>> rows = new ArrayList<>();
            for (Pool pool : pools.all()) {
                for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                    Tags tags = PoolMeter.IN_FLIGHT_REQUESTS.tags(pool.name(), endpoint.name());
                    rows.add(MultiGauge.Row.of(
                            tags,
                            pool.router().inFlight(),
                            inFlight -> value.apply(inFlight, endpoint.id()).doubleValue()));
                }
            }
            return rows;
        }
    }

    /** What other sizes of caches would hit, and what share of prompts is lost where, of about the last hour. NaN until there is any. */
    public static final class CacheMeters {
        private static final Map<String, Double> SIZES = Map.of("0.5", 0.5, "1", 1.0, "2", 2.0, "4", 4.0);

        private final CacheWatch watch;

        /** Registers those of pools whose caches are watched. */
        public CacheMeters(MeterRegistry registry, Pools pools, CacheWatch watch) {
            this.watch = watch;
            for (Pool pool : pools.all()) {
                PoolMeter.ADVISED_ENDPOINTS.gauge(
                        registry, pool, of -> size(of, PoolSize.Advice::endpoints), pool.name());
                PoolMeter.NEEDED_ENDPOINTS.gauge(
                        registry, pool, of -> size(of, PoolSize.Advice::loadNeed), pool.name(), "load");
                PoolMeter.NEEDED_ENDPOINTS.gauge(
                        registry, pool, of -> size(of, PoolSize.Advice::cacheNeed), pool.name(), "cache");
                CacheUse use = pool.router().cacheUse();
                if (use != null) {
                    String name = pool.name();
                    PoolMeter.CACHE_LEFT_OUT.counter(registry, use, CacheUse::leftOut, name);
                    SIZES.forEach((size, times) -> PoolMeter.CACHE_HIT_RATIO.gauge(
                            registry,
                            pool,
                            of -> seen(of, seen -> seen.splitCurve().hitRatio(times * seen.capacityTokens())),
                            name,
                            size));
                    PoolMeter.CACHE_HIT_RATIO.gauge(
                            registry, pool, of -> seen(of, seen -> seen.curve().infiniteHitRatio()), name, "infinite");
                    for (Cause cause : Cause.values()) {
                        PoolMeter.CACHE_LOST.gauge(
                                registry,
                                pool,
                                of -> seen(
                                        of,
                                        seen -> LossLadder.of(seen).step(cause).share()),
                                name,
                                cause.label());
                    }
                }
            }
        }

        private double seen(Pool pool, ToDoubleFunction<CacheUseReport> figure) {
            Seen seen = watch.seen(pool.name());
            CacheUseReport hour = seen == null ? null : seen.hour();
            return hour == null || hour.answeredTokens() == 0 ? Double.NaN : figure.applyAsDouble(hour);
        }

        private double size(Pool pool, ToDoubleFunction<PoolSize.Advice> figure) {
            Seen seen = watch.seen(pool.name());
            return seen == null ? Double.NaN : figure.applyAsDouble(seen.size());
        }
    }
}
