package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The two gates that a client passes: one before its request is read, one when its body is here. They count together. */
public final class AccessControl {
    private final Authenticator authenticator;
    private final Quotas quotas;
    private final AccessMetrics metrics;
    private final ClientRights rights;

    /**
     * Gates that nobody has passed.
     *
     * @param tenants null where tenants are not told apart
     * @param shared what other replicas grant; null where there are none
     * @param outputTokens reserved for a response whose request names no most
     * @param servesUnsalted whether tenants may use paths on which engines ignore the salt
     */
    public AccessControl(
            Authenticator authenticator,
            @Nullable Tenants tenants,
            @Nullable SharedQuota shared,
            int outputTokens,
            boolean servesUnsalted,
            MeterRegistry registry) {
        this.authenticator = authenticator;
        this.metrics = new AccessMetrics(registry);
        this.quotas = new Quotas(Ticker.systemTicker(), metrics::took, shared);
        this.rights = new ClientRights(
                quotas, tenants == null ? null : new TenantIsolation(tenants, servesUnsalted), metrics, outputTokens);
    }

    public AccessFilter filter() {
        return new AccessFilter(authenticator, quotas, metrics);
    }

    public ClientRights rights() {
        return rights;
    }

    /** Counts clients by the names that the settings give them, and refusals by reason. */
    static final class AccessMetrics {
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
            counters.computeIfAbsent(label, value -> meter.counter(registry, value))
                    .increment((double) by);
        }
    }
}
