package dev.warmlane.engines.pool;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ticks the queues of all pools 20 times a second, on a thread of its own. */
public final class QueueTicks implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QueueTicks.class);
    private static final int PERIOD_MILLIS = 50;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "warmlane-queue");
        thread.setDaemon(true);
        return thread;
    });

    @SuppressWarnings("FutureReturnValueIgnored") // The tasks run until the timer is closed.
    public QueueTicks(Pools pools) {
        for (Pool pool : pools.all()) {
            timer.scheduleWithFixedDelay(() -> tick(pool), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static void tick(Pool pool) {
        try {
            pool.queue().tick();
        } catch (RuntimeException e) {
            // A scheduled task that throws would not run again.
            log.error("queue of pool {} failed", pool.name(), e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
