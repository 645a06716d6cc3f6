package dev.warmlane.proxy.access;

import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.RouteTraits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/** Lets a known client's request go on as far as the client may, now that its body is here. */
public final class ClientRights {
    /** As {@code PromptCosts} assumes before anything is learned: four bytes of English. */
    private static final int BYTES_PER_TOKEN = 4;

    private final Quotas quotas;
    private final @Nullable TenantIsolation isolation;
    private final AccessMetrics metrics;

    /** @param isolation null where tenants are not told apart */
    ClientRights(Quotas quotas, @Nullable TenantIsolation isolation, AccessMetrics metrics) {
        this.quotas = quotas;
        this.isolation = isolation;
        this.metrics = metrics;
    }

    /** Who sent the request; whoever got past the filter without being asked is refused here. */
    public Identity identity(ServerWebExchange exchange) {
        Identity identity = exchange.getAttribute(Identity.ATTRIBUTE);
        if (identity == null) {
            throw ApiException.unauthenticated("A key is required: Authorization: Bearer <key>.");
        }
        return identity;
    }

    /** Whose request it is, or null where tenants are not told apart. */
    @Nullable
    public Tenant tenant(Identity identity) {
        return isolation == null ? null : isolation.tenant(identity.tenant());
    }

    /** The tenant that an operator names, or null where tenants are not told apart. Fails with 400 where one is missing. */
    @Nullable
    public Tenant tenantNamed(@Nullable String name) {
        if (isolation == null) {
            return null;
        }
        if (name == null) {
            throw ApiException.badRequest("tenant", "tenant_required", "Tenants are told apart: ?tenant= names one.");
        }
        return isolation.tenant(name);
    }

    /** Makes the body one that the tenant may send. */
    public void isolate(String rawPath, RouteTraits traits, @Nullable Tenant tenant, RequestBody body) {
        if (isolation != null && tenant != null) {
            isolation.isolate(rawPath, traits, tenant, body);
        }
    }

    /** Fails with 403 unless the client may use the model. */
    public void checkModel(Identity identity, RequestBody body) {
        if (!identity.allowance().restrictsModels() || body.isEmpty()) {
            return;
        }
        // The whole body: of members that come twice the engine takes the last.
        String model = body.isJson() ? body.parse().model() : null;
        if (!identity.allowance().allows(model)) {
            metrics.refused("model");
            throw ApiException.forbidden(
                    "model",
                    "model_not_allowed",
                    model == null
                            ? "The key is for certain models, so the request must name one in a JSON body."
                            : "The key may not use the model `%s`.".formatted(model));
        }
    }

    /** Takes the prompt's tokens from the client's minute. Fails with 429 if they are not there. */
    public TokenCharge charge(Identity identity, RequestBody body) {
        TokenCharge charge = quotas.charge(identity);
        if (charge.isLimited()) {
            long promptTokens = body.isJson() ? body.parse().promptBytes() / BYTES_PER_TOKEN : 0;
            long waitNanos = charge.reserve(promptTokens);
            if (waitNanos > 0) {
                metrics.refused("tokens");
                throw ApiException.rateLimited(
                        "The limit of %d tokens a minute is reached."
                                .formatted(identity.allowance().tokensPerMinute()),
                        Duration.ofNanos(waitNanos));
            }
        }
        return charge;
    }
}
