package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All pools, in the order of the settings.
 *
 * @param all each with a name of its own
 */
public record Pools(List<Pool> all) implements AutoCloseable {
    public Pools {
        all = List.copyOf(all);
    }

    /** The pool of this name, or null. */
    public @Nullable Pool find(String name) {
        for (Pool pool : all) {
            if (pool.name().equals(name)) {
                return pool;
            }
        }
        return null;
    }

    /** @throws IllegalArgumentException if no pool has this name */
    public Pool get(String name) {
        Pool pool = find(name);
        if (pool == null) {
            throw new IllegalArgumentException("pool: %s (expected: one of %s)".formatted(name, names()));
        }
        return pool;
    }

    /** The names of all, separated by commas. */
    public String names() {
        return all.stream().map(Pool::name).collect(Collectors.joining(", "));
    }

    /** The endpoints of each as they are now; equal to a list taken before only if nothing has changed since. */
    public List<EndpointSnapshot> snapshots() {
        return all.stream().map(pool -> pool.endpoints().snapshot()).toList();
    }

    /** Starts to discover their endpoints. To be called once. */
    public void start() {
        all.forEach(pool -> pool.discovery().start());
    }

    /** Whether the endpoints of any pool have not been listed yet. */
    public boolean isSyncing() {
        return all.stream().anyMatch(pool -> pool.discovery().status().state() == DiscoveryStatus.State.SYNCING);
    }

    /** Stops discovering; endpoints that are known stay. */
    @Override
    public void close() {
        all.forEach(pool -> pool.discovery().close());
    }

    /** Ticks the queues of all pools 20 times a second while requests wait there, on a thread of its own. */
    public static final class QueueTicks implements AutoCloseable {
        private static final Logger log = LoggerFactory.getLogger(QueueTicks.class);
        private static final int PERIOD_MILLIS = 50;

        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "warmlane-queue");
            thread.setDaemon(true);
            return thread;
        });

        /** Starts with the first request that waits. */
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
}
