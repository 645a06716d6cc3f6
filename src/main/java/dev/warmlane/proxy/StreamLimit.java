package dev.warmlane.proxy;

import dev.warmlane.proxy.error.ApiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds the requests that the gateway serves at a time, before it reads a byte of their bodies. Safe for concurrent use. */
final class StreamLimit {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final int most;
    private final QueueMetrics metrics;
    private final AtomicInteger open = new AtomicInteger();

    StreamLimit(int most, QueueMetrics metrics) {
        this.most = most;
        this.metrics = metrics;
    }

    /**
     * Takes a place, which whoever gets one gives back by {@link #leave}.
     *
     * @param pool for the metrics, as far as it is known
     * @throws ApiException 429 if all are taken
     */
    void enter(String pool) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            metrics.refused(pool, QueueMetrics.STREAMS);
            throw ApiException.overloaded(
                    "too_many_streams",
                    "The gateway serves %d requests already, as many as it may.".formatted(most),
                    RETRY_AFTER);
        }
    }

    void leave() {
        open.decrementAndGet();
    }
}
