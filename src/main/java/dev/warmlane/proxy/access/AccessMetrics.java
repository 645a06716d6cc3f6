package dev.warmlane.proxy.access;

import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ConcurrentHashMap;

/** Counts clients by the names that the settings give them, and refusals by reason. */
final class AccessMetrics {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<String, Counter> requests = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> tokens = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> refusals = new ConcurrentHashMap<>();

    AccessMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void entered(Identity identity) {
        count(requests, GatewayMeter.CLIENT_REQUESTS, identity.name(), 1);
    }

    void took(String name, long count) {
        count(tokens, GatewayMeter.CLIENT_TOKENS, name, count);
    }

    /** @param reason unknown, forbidden, model, requests, tokens or unavailable */
    void refused(String reason) {
        count(refusals, GatewayMeter.REFUSALS, reason, 1);
    }

    private void count(ConcurrentHashMap<String, Counter> counters, GatewayMeter meter, String label, long by) {
        counters.computeIfAbsent(label, value -> meter.counter(registry, value)).increment((double) by);
    }
}
