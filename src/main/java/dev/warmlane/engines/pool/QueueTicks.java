package dev.warmlane.engines.pool;

import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ticks the queues of all pools 20 times a second while requests wait there, on a thread of its own. */
public final class QueueTicks implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QueueTicks.class);
    private static final int PERIOD_MILLIS = 50;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "warmlane-queue");
        thread.setDaemon(true);
        return thread;
    });

    public QueueTicks(Pools pools) {
        for (Pool pool : pools.all()) {
            AtomicBoolean ticking = new AtomicBoolean();
            pool.queue().onWaiting(() -> follow(pool, ticking));
        }
    }

    private void follow(Pool pool, AtomicBoolean ticking) {
        if (ticking.compareAndSet(false, true)) {
            next(pool, ticking);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The tasks run until the timer is closed.
    private void next(Pool pool, AtomicBoolean ticking) {
        try {
            timer.schedule(() -> tick(pool, ticking), PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile.
        }
    }

    private void tick(Pool pool, AtomicBoolean ticking) {
        try {
            pool.queue().tick();
        } catch (RuntimeException e) {
            log.error("queue of pool {} failed", pool.name(), e);
        }
        if (!pool.queue().isIdle()) {
            next(pool, ticking);
            return;
        }
        ticking.set(false);
        // Who has begun to wait since that look has found it ticking.
        if (!pool.queue().isIdle()) {
            follow(pool, ticking);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
