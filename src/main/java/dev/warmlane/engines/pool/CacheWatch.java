package dev.warmlane.engines.pool;

import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what requests have told of their prompts, ten times a second, and says once a second what was learned, on a thread of
 * its own. Safe to ask from any thread.
 */
public final class CacheWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheWatch.class);
    private static final int PERIOD_MILLIS = 100;
    private static final int PERIODS_PER_REPORT = 10;

    private final Pools pools;
    private final LongSupplier nanoClock;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "warmlane-cache");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Map<String, Seen> seen = Map.of();
    private int periods;
    private boolean failing;

    /**
     * What was seen of a pool.
     *
     * @param hour lately
     * @param day over a longer time
     */
    public record Seen(CacheUseReport hour, CacheUseReport day) {}

    /**
     * Not started.
     *
     * @param nanoClock that of the pools' routers
     */
    public CacheWatch(Pools pools, LongSupplier nanoClock) {
        this.pools = pools;
        this.nanoClock = nanoClock;
    }

    /** To be called once. */
    @SuppressWarnings("FutureReturnValueIgnored") // It runs until the timer is closed, and does not throw.
    public void start() {
        if (pools.all().stream().anyMatch(pool -> pool.router().cacheUse() != null)) {
            timer.scheduleWithFixedDelay(this::tick, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** What was seen of the pool of this name up to a second ago; null if nobody looks. */
    public @Nullable Seen seen(String pool) {
        return seen.get(pool);
    }

    private void tick() {
        try {
            boolean reports = periods++ % PERIODS_PER_REPORT == 0;
            Map<String, Seen> now = new HashMap<>();
            for (Pool pool : pools.all()) {
                CacheUse use = pool.router().cacheUse();
                if (use != null) {
                    use.work();
                    if (reports) {
                        long nanos = nanoClock.getAsLong();
                        now.put(pool.name(), new Seen(use.lastHour(nanos), use.lastDay(nanos)));
                    }
                }
            }
            seen = reports ? now : seen;
            failing = false;
        } catch (RuntimeException e) {
            // Told once, however often it happens.
            if (!failing) {
                failing = true;
                log.error("what requests told of their prompts was not taken in", e);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
