package dev.warmlane.proxy.outcome;

import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts and times requests that are over, by pool and result. Safe for concurrent use. */
public final class RequestMetrics implements OutcomeListener {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<String, Map<Result, Meters>> meters = new ConcurrentHashMap<>();

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
        return meters.computeIfAbsent(pool, name -> new ConcurrentHashMap<>())
                .computeIfAbsent(
                        result,
                        of -> new Meters(
                                RequestMeter.REQUESTS.counter(registry, pool, of.label()),
                                RequestMeter.REQUEST_DURATION.timer(registry, pool, of.label())));
    }
}
