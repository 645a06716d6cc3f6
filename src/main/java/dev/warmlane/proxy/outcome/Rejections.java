package dev.warmlane.proxy.outcome;

import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ClientRefusal;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.Map;

/**
 * Counts requests that the gateway refused, as they end: because there is no room for them, no memory for their bodies, or because of
 * their clients. A client that left before it could be told, or that another model served, was not refused. Safe for concurrent use.
 */
public final class Rejections implements OutcomeListener {
    /** The metric's reasons, by the code of the error. */
    private static final Map<String, String> REASONS = Map.of(
            ApiException.QUEUE_FULL, Refusal.Reason.FULL.label(),
            ApiException.QUEUE_TIMEOUT, Refusal.Reason.LATE.label(),
            ApiException.TOO_MANY_STREAMS, "streams");

    private final MeterRegistry registry;
    private final Counter memory;

    /** @param pools whose queues are counted from the beginning, so that the first refusal is an increase */
    public Rejections(MeterRegistry registry, Collection<String> pools) {
        this.registry = registry;
        this.memory = RequestMeter.BUFFERED_BODY_REFUSALS.counter(registry);
        for (String pool : pools) {
            RequestMeter.REJECTED.counter(registry, pool, Refusal.Reason.FULL.label());
            RequestMeter.REJECTED.counter(registry, pool, Refusal.Reason.LATE.label());
        }
    }

    @Override
    public void ended(RequestOutcome outcome) {
        RequestProgress progress = outcome.progress();
        if (progress != null && progress.isOutOfMemory()) {
            memory.increment();
        }
        ApiException error = outcome.error();
        if (error == null) {
            return;
        }
        String reason = REASONS.get(error.code());
        if (reason != null) {
            RequestMeter.REJECTED.counter(registry, outcome.pool(), reason).increment();
        }
        if (error.code().equals(ApiException.OVERLOADED_MEMORY)) {
            memory.increment();
        }
        ClientRefusal refusal = error.refusal();
        if (refusal != null) {
            RequestMeter.REFUSALS.counter(registry, refusal.label()).increment();
        }
    }
}
