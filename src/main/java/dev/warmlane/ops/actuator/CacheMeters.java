package dev.warmlane.ops.actuator;

import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.core.prefix.reuse.LossLadder.Cause;
import dev.warmlane.core.prefix.reuse.PoolSize;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.CacheWatch.Seen;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What other sizes of caches would hit, and what share of prompts is lost where, of about the last hour. NaN until there is any. */
public final class CacheMeters {
    private static final Map<String, Double> SIZES = Map.of("0.5", 0.5, "1", 1.0, "2", 2.0, "4", 4.0);

    private final CacheWatch watch;

    public CacheMeters(MeterRegistry registry, Pools pools, CacheWatch watch) {
        this.watch = watch;
        for (Pool pool : pools.all()) {
            GatewayMeter.ADVISED_ENDPOINTS.gauge(
                    registry, pool, of -> size(of, PoolSize.Advice::endpoints), pool.name());
            GatewayMeter.NEEDED_ENDPOINTS.gauge(
                    registry, pool, of -> size(of, PoolSize.Advice::loadNeed), pool.name(), "load");
            GatewayMeter.NEEDED_ENDPOINTS.gauge(
                    registry, pool, of -> size(of, PoolSize.Advice::cacheNeed), pool.name(), "cache");
            CacheUse use = pool.router().cacheUse();
            if (use != null) {
                String name = pool.name();
                GatewayMeter.CACHE_LEFT_OUT.counter(registry, use, CacheUse::leftOut, name);
                SIZES.forEach((size, times) -> GatewayMeter.CACHE_HIT_RATIO.gauge(
                        registry,
                        pool,
                        of -> seen(of, seen -> seen.splitCurve().hitRatio(times * seen.capacityTokens())),
                        name,
                        size));
                GatewayMeter.CACHE_HIT_RATIO.gauge(
                        registry, pool, of -> seen(of, seen -> seen.curve().infiniteHitRatio()), name, "infinite");
                for (Cause cause : Cause.values()) {
                    GatewayMeter.CACHE_LOST.gauge(
                            registry,
                            pool,
                            of -> seen(
                                    of, seen -> LossLadder.of(seen).step(cause).share()),
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
