package dev.warmlane.engines.pool;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after the pools' queues 20 times a second, on a thread of its own: who is late, and whether there is new room. */
public final class QueueTicks implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QueueTicks.class);
    private static final int PERIOD_MILLIS = 50;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "warmlane-queue");
        thread.setDaemon(true);
        return thread;
    });

    @SuppressWarnings("FutureReturnValueIgnored") // The tasks never end by themselves and never fail.
    public QueueTicks(Pools pools) {
        for (Pool pool : pools.all()) {
            timer.scheduleWithFixedDelay(() -> tick(pool), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static void tick(Pool pool) {
        try {
            pool.queue().tick();
        } catch (RuntimeException e) {
            // A timer's task that throws is never run again.
            log.error("queue of pool {} failed", pool.name(), e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
