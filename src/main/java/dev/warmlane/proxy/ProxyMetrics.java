package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts and times what happens to requests on their way, and who waits in queues. Meters are looked up once for each combination of
 * labels, of which there are few: pools come from the settings, everything else from closed sets.
 */
final class ProxyMetrics {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<Labels, Counter> counters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Labels, Timer> timers = new ConcurrentHashMap<>();

    ProxyMetrics(MeterRegistry registry, Pools pools) {
        this.registry = registry;
        for (Pool pool : pools.all()) {
            RequestMeter.QUEUE_DEPTH.gauge(registry, pool.queue(), AdmissionQueue::waiting, pool.name());
        }
    }

    /** The request goes to its first endpoint: what came before is the gateway's own time. */
    void overhead(String pool, long nanos) {
        timer(new Labels(RequestMeter.OVERHEAD, pool)).record(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * A response begins. Streams of tokens are timed from here on; other responses do not show when their first token came.
     *
     * @return what to do at its first byte
     */
    Runnable responding(RoutedExchange routed, UpstreamResponse upstream) {
        boolean tokens = upstream.status() < 400 && upstream.isEventStream();
        if (!tokens) {
            return () -> {};
        }
        String pool = routed.pool().name();
        RequestProgress progress = routed.progress();
        progress.streams(timer(new Labels(RequestMeter.INTER_CHUNK_GAP, pool)));
        ComputedPrompt computed = routed.attempts().computed();
        return () -> {
            timer(new Labels(RequestMeter.TTFT, pool)).record(progress.firstByteNanos(), TimeUnit.NANOSECONDS);
            if (computed != null) {
                timer(new Labels(RequestMeter.PREFILL_TRANSFERS, pool))
                        .record(System.nanoTime() - computed.sinceNanos(), TimeUnit.NANOSECONDS);
            }
        };
    }

    void dispatched(String pool, RoutingDecision decision) {
        count(new Labels(
                RequestMeter.DECISIONS,
                pool,
                decision.source().label(),
                decision.outcome().label()));
        PrefillBypass bypass = decision.bypass();
        if (bypass != null || decision.prefill() != null) {
            String way = bypass == null ? "transfer" : bypass.label();
            count(new Labels(RequestMeter.PREFILL_DECISIONS, pool, way, ""));
        }
        if (decision.losesHits()) {
            count(new Labels(RequestMeter.MOVES_LOSING_HITS, pool));
        }
    }

    /** A prefill leg is complete. */
    void prefilled(String pool, long nanos) {
        timer(new Labels(RequestMeter.PREFILL_DURATION, pool)).record(nanos, TimeUnit.NANOSECONDS);
        prefillLeg(pool, "served");
    }

    void prefillLeg(String pool, String result) {
        count(new Labels(RequestMeter.PREFILL_LEGS, pool, result, ""));
    }

    /** What a prefill leg computed could not be fetched. */
    void transferFailed(String pool) {
        count(new Labels(RequestMeter.PREFILL_TRANSFERS_FAILED, pool));
    }

    void retried(String pool, String reason) {
        count(new Labels(RequestMeter.RETRIES, pool, reason, ""));
    }

    void retryBudgetExhausted(String pool) {
        count(new Labels(RequestMeter.RETRY_BUDGET_EXHAUSTED, pool));
    }

    /** A request that had to wait in the queue has been dispatched. */
    void waited(String pool, long nanos) {
        timer(new Labels(RequestMeter.QUEUE_WAIT, pool)).record(nanos, TimeUnit.NANOSECONDS);
    }

    private void count(Labels labels) {
        counter(labels).increment();
    }

    private Counter counter(Labels labels) {
        return counters.computeIfAbsent(labels, of -> of.meter().counter(registry, of.values()));
    }

    private Timer timer(Labels labels) {
        return timers.computeIfAbsent(labels, of -> of.meter().timer(registry, of.values()));
    }

    /** A meter and the values of its labels; empty where it has fewer. */
    private record Labels(GatewayMeter meter, String pool, String second, String third) {

        Labels(GatewayMeter meter, String pool) {
            this(meter, pool, "", "");
        }

        String[] values() {
            if (second.isEmpty()) {
                return new String[] {pool};
            }
            return third.isEmpty() ? new String[] {pool, second} : new String[] {pool, second, third};
        }
    }
}
