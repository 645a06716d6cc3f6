package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.sharing.SharedQuota;
import io.micrometer.core.instrument.MeterRegistry;
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
}
