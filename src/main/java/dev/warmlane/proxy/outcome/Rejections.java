package dev.warmlane.proxy.outcome;

import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.Map;

/**
 * Counts requests that were refused with 429 because there is no room for them. A client that left before it could be told, or that
 * another model served, was not refused. Safe for concurrent use.
 */
public final class Rejections implements OutcomeListener {
    /** The metric's reasons, by the code of the error. */
    private static final Map<String, String> REASONS = Map.of(
            ApiException.QUEUE_FULL, Refusal.Reason.FULL.label(),
            ApiException.QUEUE_TIMEOUT, Refusal.Reason.LATE.label(),
            ApiException.TOO_MANY_STREAMS, "streams");

    private final MeterRegistry registry;

    /** @param pools whose queues are counted from the beginning, so that the first refusal is an increase */
    public Rejections(MeterRegistry registry, Collection<String> pools) {
        this.registry = registry;
        for (String pool : pools) {
            RequestMeter.REJECTED.counter(registry, pool, Refusal.Reason.FULL.label());
            RequestMeter.REJECTED.counter(registry, pool, Refusal.Reason.LATE.label());
        }
    }

    @Override
    public void ended(RequestOutcome outcome) {
        String code = outcome.errorCode();
        String reason = code == null ? null : REASONS.get(code);
        if (reason != null) {
            RequestMeter.REJECTED.counter(registry, outcome.pool(), reason).increment();
        }
    }
}
