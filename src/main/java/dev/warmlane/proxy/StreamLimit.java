package dev.warmlane.proxy;

import dev.warmlane.proxy.error.ApiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

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
     * Serves a request as one of so many, or refuses it with 429.
     *
     * @param pool for the metrics, as far as it is known
     */
    Mono<Void> within(String pool, Supplier<Mono<Void>> serving) {
        return Mono.defer(() -> {
            if (open.incrementAndGet() > most) {
                open.decrementAndGet();
                metrics.refused(pool, QueueMetrics.STREAMS);
                return Mono.error(ApiException.overloaded(
                        "too_many_streams",
                        "The gateway serves %d requests already, as many as it may.".formatted(most),
                        RETRY_AFTER));
            }
            // Deferred, so that what throws instead of failing gives its place back too.
            return Mono.defer(serving).doFinally(signal -> open.decrementAndGet());
        });
    }
}
