package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.PoolSize;
import dev.warmlane.settings.PoolSettings.ScalingSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes what requests tell of their prompts, on a thread of its own: ten times a second while there is anything, else twice.
 * Once a second it publishes what was learned and how many endpoints each pool should have. Safe to ask from any thread.
 */
public final class CacheWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheWatch.class);
    private static final int BUSY_MILLIS = 100;
    private static final int IDLE_MILLIS = 500;
    private static final int REPORT_MILLIS = 1000;

    private final Pools pools;
    private final LongSupplier nanoClock;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "warmlane-cache");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, PoolSize> sizes = new HashMap<>();
    private volatile Map<String, Seen> seen = Map.of();
    private int sinceReportMillis = REPORT_MILLIS;
    private boolean failing;

    /**
     * What was seen of a pool.
     *
     * @param hour lately; null if prompts are not watched
     * @param day over a longer time; null likewise
     * @param replicas whose requests were seen, this one included
     * @param size how many endpoints it should have
     */
    public record Seen(
            @Nullable CacheUseReport hour, @Nullable CacheUseReport day, int replicas, PoolSize.Advice size) {}

    /**
     * Not started.
     *
     * @param nanoClock that of the pools' routers
     */
    public CacheWatch(Pools pools, ScalingSettings scaling, LongSupplier nanoClock) {
        this.pools = pools;
        for (Pool pool : pools.all()) {
            sizes.put(
                    pool.name(),
                    new PoolSize(scaling.minEndpoints(), scaling.maxEndpoints(), scaling.requestsPerEndpoint()));
        }
        this.nanoClock = nanoClock;
    }

    /** To be called once. */
    public void start() {
        next(0);
    }

    private void next(int millis) {
        try {
            var unused = timer.schedule(() -> next(tick(millis)), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile.
        }
    }

    /** What was seen of the pool of this name up to a second ago; null before that. */
    public @Nullable Seen seen(String pool) {
        return seen.get(pool);
    }

    /**
     * @param waited milliseconds since the last time
     * @return until the next time
     */
    private int tick(int waited) {
        boolean busy = false;
        try {
            sinceReportMillis += waited;
            boolean reports = sinceReportMillis >= REPORT_MILLIS;
            Map<String, Seen> now = new HashMap<>();
            for (Pool pool : pools.all()) {
                CacheUse use = pool.router().cacheUse();
                if (use != null) {
                    busy |= use.work();
                }
                if (reports) {
                    now.put(pool.name(), look(pool, use, nanoClock.getAsLong()));
                }
            }
            if (reports) {
                seen = now;
                sinceReportMillis = 0;
            }
            failing = false;
        } catch (RuntimeException e) {
            // Logged once, however often it happens.
            if (!failing) {
                failing = true;
                log.error("could not process what requests tell of their prompts", e);
            }
        }
        return busy ? BUSY_MILLIS : IDLE_MILLIS;
    }

    private Seen look(Pool pool, @Nullable CacheUse use, long nanos) {
        CacheUseReport hour = use == null ? null : use.lastHour(nanos);
        CacheUseReport day = use == null ? null : use.lastDay(nanos);
        List<Endpoint> endpoints = pool.endpoints().snapshot().endpoints();
        double requests = pool.queue().waiting();
        for (Endpoint endpoint : endpoints) {
            requests += pool.router().requests(endpoint.id());
        }
        PoolSize size = Objects.requireNonNull(sizes.get(pool.name()));
        return new Seen(
                hour,
                day,
                use == null ? 1 : use.replicas(nanos),
                size.look(nanos, endpoints.size(), requests, day, pool.targets().hitRatio()));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
