package dev.warmlane.proxy.outcome;

import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts and times requests that are over, by pool and result. Safe for concurrent use. */
public final class RequestMetrics implements OutcomeListener {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<End, Meters> meters = new ConcurrentHashMap<>();

    private record End(String pool, Result result) {}

    private record Meters(Counter requests, Timer durations) {}

    public RequestMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void ended(RequestOutcome outcome) {
        RequestProgress progress = outcome.progress();
        long nanos = progress == null ? outcome.durationNanos() : progress.ageNanos();
        Meters ended = meters(outcome.pool(), outcome.result());
        ended.requests().increment();
        ended.durations().record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request was refused before any filter saw it, because it is not valid HTTP: it has no duration. */
    public void malformed(int status) {
        meters(PoolSettings.NO_POOL, Result.ofStatus(status)).requests().increment();
    }

    private Meters meters(String pool, Result result) {
        return meters.computeIfAbsent(
                new End(pool, result),
                end -> new Meters(
                        GatewayMeter.REQUESTS.counter(
                                registry, end.pool(), end.result().label()),
                        GatewayMeter.REQUEST_DURATION.timer(
                                registry, end.pool(), end.result().label())));
    }
}
