package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Refusal;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts who waits, how long, and who is turned away. Pools and reasons are few and fixed. */
final class QueueMetrics {
    /** The reason of those whom {@link StreamLimit} turns away. */
    static final String STREAMS = "streams";

    private final MeterRegistry registry;
    private final Map<String, Timer> waits = new ConcurrentHashMap<>();
    private final Map<Refused, Counter> refusals = new ConcurrentHashMap<>();

    QueueMetrics(MeterRegistry registry, Pools pools) {
        this.registry = registry;
        for (Pool pool : pools.all()) {
            GatewayMeter.QUEUE_DEPTH.gauge(registry, pool.queue(), AdmissionQueue::waiting, pool.name());
            counter(new Refused(pool.name(), Refusal.Reason.FULL.label()));
            counter(new Refused(pool.name(), Refusal.Reason.LATE.label()));
        }
    }

    /** A request that had to wait has been dispatched. */
    void waited(String pool, long nanos) {
        waits.computeIfAbsent(pool, of -> GatewayMeter.QUEUE_WAIT.timer(registry, of))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request was turned away. */
    void refused(String pool, String reason) {
        counter(new Refused(pool, reason)).increment();
    }

    private Counter counter(Refused refused) {
        return refusals.computeIfAbsent(refused, of -> GatewayMeter.REJECTED.counter(registry, of.pool(), of.reason()));
    }

    private record Refused(String pool, String reason) {}
}
