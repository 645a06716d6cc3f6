package dev.warmlane.proxy;

import dev.warmlane.routing.RoutingDecision;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Counts and times requests. Meters are looked up once for each combination of labels, of which there are few: pools come
 * from the settings, everything else from closed sets.
 */
final class ProxyMetrics {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<Labels, Counter> counters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Timer> overheads = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Timer> firstBytes = new ConcurrentHashMap<>();

    ProxyMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** The request goes to its first endpoint: what came before is the gateway's own time. */
    void overhead(String pool, long nanos) {
        record(overheads, pool, nanos, of -> timer("warmlane.overhead", "From the request's body to its dispatch", of));
    }

    /** The first byte of the answer has come. */
    void firstByte(String pool, long nanos) {
        record(
                firstBytes,
                pool,
                nanos,
                of -> timer("warmlane.ttft", "From the request to the first byte of its answer", of));
    }

    void dispatched(String pool, RoutingDecision decision) {
        count(new Labels(
                "warmlane.decisions",
                pool,
                decision.source().label(),
                decision.outcome().label()));
    }

    void retried(String pool, String reason) {
        count(new Labels("warmlane.retries", pool, reason, ""));
    }

    void retryBudgetExhausted(String pool) {
        count(new Labels("warmlane.retry.budget.exhausted", pool, "", ""));
    }

    /** @param result the class of the status, such as 2xx, or cancelled or failed */
    void finished(String pool, String result) {
        count(new Labels("warmlane.requests", pool, result, ""));
    }

    private void count(Labels labels) {
        counters.computeIfAbsent(labels, this::counter).increment();
    }

    private Counter counter(Labels labels) {
        Counter.Builder counter = Counter.builder(labels.name()).tag("pool", labels.pool());
        switch (labels.name()) {
            case "warmlane.decisions" ->
                counter.description("Dispatches to an endpoint, by deciding key and outcome")
                        .tags("key", labels.first(), "outcome", labels.second());
            case "warmlane.retries" ->
                counter.description("Requests given to another endpoint, by reason")
                        .tag("reason", labels.first());
            case "warmlane.retry.budget.exhausted" ->
                counter.description("Failed attempts that were not retried because too many others were");
            default -> counter.description("Requests that are over, by result").tag("result", labels.first());
        }
        return counter.register(registry);
    }

    private Timer timer(String name, String description, String pool) {
        return Timer.builder(name).description(description).tag("pool", pool).register(registry);
    }

    private static void record(
            ConcurrentHashMap<String, Timer> timers, String pool, long nanos, Function<String, Timer> making) {
        timers.computeIfAbsent(pool, making).record(Duration.ofNanos(nanos));
    }

    private record Labels(String name, String pool, String first, String second) {}
}
