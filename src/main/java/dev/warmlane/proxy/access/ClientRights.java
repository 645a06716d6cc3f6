package dev.warmlane.proxy.access;

import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.engines.models.ModelNames.Resolved;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.access.Tenants.TenantIsolation;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ClientRefusal;
import dev.warmlane.proxy.http.RouteTraits;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/** The second gate: what a known client may do, now that the body of its request is here. Safe for concurrent use. */
public final class ClientRights {
    /** As {@code PoolAverages} assumes before anything is learned: four bytes of English. */
    private static final int BYTES_PER_TOKEN = 4;

    static final String KEY_REQUIRED = "A key is required: Authorization: Bearer <key>.";

    /** More than any limit, and two of them make no overflow. */
    private static final long MOST_OUTPUT = Integer.MAX_VALUE;

    private final Quotas quotas;
    private final @Nullable TenantIsolation isolation;
    private final int outputTokens;

    /**
     * @param isolation null where tenants are not told apart
     * @param outputTokens reserved for a response whose request names no most
     */
    ClientRights(Quotas quotas, @Nullable TenantIsolation isolation, int outputTokens) {
        this.quotas = quotas;
        this.isolation = isolation;
        this.outputTokens = outputTokens;
    }

    /** Who sent the request; whoever got past the filter without being asked is refused here. */
    public Identity identity(ServerWebExchange exchange) {
        Identity identity = exchange.getAttribute(Identity.ATTRIBUTE);
        if (identity == null) {
            throw ApiException.unauthenticated(KEY_REQUIRED);
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

    /**
     * Changes the body so that the tenant may send it.
     *
     * @param engines tells whether all that could serve the request are of a release or a later one
     */
    public void isolate(
            String rawPath,
            RouteTraits traits,
            Predicate<EngineVersion> engines,
            @Nullable Tenant tenant,
            RequestBody body) {
        if (isolation != null && tenant != null) {
            isolation.isolate(rawPath, traits, engines, tenant, body);
        }
    }

    /** Fails with 403 unless the client may use the model. */
    public void checkModel(Identity identity, RequestBody body) {
        if (!identity.allowance().restrictsModels() || (body.isEmpty() && body.model() == null)) {
            return;
        }
        if (body.isAmbiguous()) {
            throw ApiException.badRequest(
                            "model",
                            "form_not_plain",
                            "The key is for certain models, so the form must be spelled plainly (expected: parts that begin with one"
                                    + " Content-Disposition: form-data; name=\"...\").")
                    .because(ClientRefusal.MODEL);
        }
        // The whole body: of members that come twice the engine takes the last.
        String model = body.isJson() ? body.parse().model() : body.model();
        if (!identity.allowance().allows(model)) {
            throw ApiException.forbidden(
                            "model",
                            "model_not_allowed",
                            model == null
                                    ? "The key is for certain models, so the request must name one in "
                                            + (body.isJson() ? "a JSON body." : "a JSON body or a form.")
                                    : "The key may not use the model `%s`.".formatted(model))
                    .because(ClientRefusal.MODEL);
        }
    }

    /** What a client may use of the models that a name stands for, in the same order. Fails with 403 if that is nothing. */
    public List<Resolved> allowed(Identity identity, String name, List<Resolved> models) {
        List<Resolved> allowed = models.stream()
                .filter(each -> identity.allowance().allows(each.model()))
                .toList();
        if (allowed.isEmpty()) {
            throw ApiException.forbidden(
                            "model",
                            "model_not_allowed",
                            "The key may not use the model `%s`, which `%s` stands for."
                                    .formatted(models.get(0).model(), name))
                    .because(ClientRefusal.MODEL);
        }
        return allowed;
    }

    /** Fails with 403 unless the client may use all of these models: in a WebSocket it can name any of them at any time. */
    public void checkModels(Identity identity, Set<String> models) {
        Allowance allowance = identity.allowance();
        if (allowance.restrictsModels() && !models.stream().allMatch(allowance::allows)) {
            throw ApiException.forbidden(
                            "model",
                            "model_not_allowed",
                            "The key may not use all models that a WebSocket could ask for here.")
                    .because(ClientRefusal.MODEL);
        }
    }

    /**
     * Lets engines schedule the request no earlier than the client's others. Fails with 400 if the body should be JSON and cannot be read:
     * an engine may read in it what nobody has limited.
     */
    public void limitPriority(Identity identity, RequestBody body) {
        byte[] limited =
                body.isJson() ? body.parse().notBefore(identity.allowance().priority(), body.bytes()) : null;
        if (limited != null) {
            body.rewrite(before -> limited);
        }
    }

    /**
     * Takes the tokens of the prompt, and those that may be generated, from the client's minute. Fails with 429 if they are not
     * there.
     *
     * @param generates whether the path generates text
     */
    public TokenCharge charge(Identity identity, boolean generates, RequestBody body) {
        TokenCharge charge = quotas.charge(identity);
        if (charge.isLimited()) {
            GenerationRequest request = body.isJson() ? body.parse() : null;
            long promptTokens = request == null ? 0 : request.promptBytes() / BYTES_PER_TOKEN;
            long waitNanos = charge.reserve(promptTokens, request == null || !generates ? 0 : mostGenerated(request));
            if (waitNanos > 0) {
                throw ApiException.rateLimited(
                                "The limit of %d tokens a minute is reached."
                                        .formatted(identity.allowance().tokensPerMinute()),
                                Duration.ofNanos(waitNanos))
                        .because(ClientRefusal.TOKENS);
            }
        }
        return charge;
    }

    private long mostGenerated(GenerationRequest request) {
        Integer given = request.maxTokens();
        long most = Math.max(given == null ? outputTokens : given, request.nestedMaxTokens());
        return Math.min(MOST_OUTPUT, request.samples()) * Math.min(MOST_OUTPUT, most);
    }

    /** Counts clients by the names that the settings give them. */
    static final class AccessMetrics {
        private final MeterRegistry registry;
        private final ConcurrentHashMap<String, Counter> requests = new ConcurrentHashMap<>();
        private final ConcurrentHashMap<String, Counter> tokens = new ConcurrentHashMap<>();

        AccessMetrics(MeterRegistry registry) {
            this.registry = registry;
        }

        void entered(Identity identity) {
            count(requests, RequestMeter.CLIENT_REQUESTS, identity.name(), 1);
        }

        void took(String name, long count) {
            count(tokens, RequestMeter.CLIENT_TOKENS, name, count);
        }

        private void count(ConcurrentHashMap<String, Counter> counters, GatewayMeter meter, String label, long by) {
            counters.computeIfAbsent(label, value -> meter.counter(registry, value))
                    .increment((double) by);
        }
    }
}
