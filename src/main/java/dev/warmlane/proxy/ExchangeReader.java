package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.access.Allowance;
import dev.warmlane.proxy.access.ClientRights;
import dev.warmlane.proxy.access.Identity;
import dev.warmlane.proxy.access.Tenant;
import dev.warmlane.proxy.access.TenantIsolation;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.LoggedRequest;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.settings.PoolSettings;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** Reads of a request what its routing needs, and no more: the pool, the key, and the prompt where the policy looks at it. */
final class ExchangeReader {
    private final PoolSelector pools;
    private final AffinityKeyResolver keys;
    private final StoredResponses responses;
    private final boolean asksForUsage;
    private final boolean logged;
    private final @Nullable ClientRights rights;

    /**
     * A reader for all routes.
     *
     * @param logged whether the access log wants to know what a body says
     * @param rights null where nobody is asked who they are
     */
    ExchangeReader(
            PoolSelector pools,
            AffinityKeyResolver keys,
            StoredResponses responses,
            boolean asksForUsage,
            boolean logged,
            @Nullable ClientRights rights) {
        this.pools = pools;
        this.keys = keys;
        this.responses = responses;
        this.asksForUsage = asksForUsage;
        this.logged = logged;
        this.rights = rights;
    }

    /** @param routeHost the host of the route's URI, which names the pool */
    RoutedExchange read(ServerWebExchange exchange, String routeHost, BufferedBody buffered) {
        long startedNanos = System.nanoTime();
        RouteTraits traits = RouteTraits.of(exchange);
        RequestBody body = body(exchange.getRequest(), buffered);
        if (rights == null) {
            return route(exchange, traits, routeHost, body, null, null, startedNanos);
        }
        Identity identity = rights.identity(exchange);
        Tenant tenant = rights.tenant(identity);
        Predicate<EngineVersion> engines = release -> {
            Pool pool = pools.select(routeHost, body, null, identity.allowance());
            return pool.versions().allSince(release, pool.endpoints().snapshot().endpoints());
        };
        rights.isolate(exchange.getRequest().getURI().getRawPath(), traits, engines, tenant, body);
        return route(exchange, traits, routeHost, body, identity, tenant, startedNanos);
    }

    private RoutedExchange route(
            ServerWebExchange exchange,
            RouteTraits traits,
            String routeHost,
            RequestBody body,
            @Nullable Identity identity,
            @Nullable Tenant tenant,
            long startedNanos) {
        if (rights != null && identity != null) {
            rights.checkModel(identity, body);
            rights.limitPriority(identity, body);
        }
        ServerHttpRequest request = exchange.getRequest();
        String path = request.getURI().getRawPath();
        String asked = traits.storedResponse(path);
        String stored = traits.storesResponses() ? storedResponse(asked, body) : null;
        Pool pool =
                pools.select(routeHost, body, stored, identity == null ? Allowance.UNLIMITED : identity.allowance());
        RequestOutcome outcome = RequestOutcome.of(exchange);
        outcome.pool(pool.name());
        String id = outcome.requestId();
        RoutingRequest routing = routing(request, id, traits.affinity(), pool, tenant, body, stored);
        TokenCharge charge =
                rights == null || identity == null ? null : rights.charge(identity, traits.affinity(), body);
        LoggedRequest kept = logged ? LoggedRequest.of(routing, body, traits.affinity()) : null;
        // Tokens that are limited must be known, whether or not the client asked.
        boolean asks = asksForUsage || (charge != null && charge.isLimited());
        boolean usageAsked = asks && traits.usageChunk() && body.askForUsageChunk();
        boolean makes = traits.storesResponses() && HttpMethod.POST.equals(request.getMethod()) && asked == null;
        body.forgetPrompt();
        RequestProgress progress = new RequestProgress(routing.key(), kept, startedNanos);
        outcome.progress(progress);
        return new RoutedExchange(pool, routing, body, usageAsked, id, progress, charge, makes ? responses : null);
    }

    /** The decision that a generation request with these headers and this body would get now; sends nothing. */
    Explanation explain(ServerHttpRequest request, BufferedBody buffered) {
        Tenant tenant = rights == null
                ? null
                : rights.tenantNamed(request.getQueryParams().getFirst("tenant"));
        RequestBody body = body(request, buffered);
        if (tenant != null) {
            TenantIsolation.salt(tenant, body);
        }
        String stored = storedResponse(null, body);
        Pool pool = pools.select(PoolSettings.BY_MODEL, body, stored, Allowance.UNLIMITED);
        return new Explanation(
                pool.name(), pool.router().explain(routing(request, null, true, pool, tenant, body, stored)));
    }

    private static RequestBody body(ServerHttpRequest request, BufferedBody buffered) {
        return new RequestBody(buffered, request.getHeaders().getFirst("Content-Type"));
    }

    /** The id of the stored response that the path or else the body names; of several the engine takes the last. */
    private static @Nullable String storedResponse(@Nullable String inPath, RequestBody body) {
        GenerationRequest request = inPath == null && body.isJson() ? body.parseIfReadable() : null;
        List<String> continued = request == null ? List.of() : request.previousResponses();
        return continued.isEmpty() ? inPath : continued.get(continued.size() - 1);
    }

    private RoutingRequest routing(
            ServerHttpRequest request,
            @Nullable String id,
            boolean affinity,
            Pool pool,
            @Nullable Tenant tenant,
            RequestBody body,
            @Nullable String stored) {
        EndpointId owner = stored == null ? null : responses.owner(pool.name(), stored);
        Set<EndpointId> unsuited = pools.unsuited(pool, body);
        if (!affinity) {
            return new RoutingRequest(
                    AffinityKey.none(ThreadLocalRandom.current().nextLong()), PromptBlocks.EMPTY, unsuited, owner, id);
        }
        body.engine(pool.versions().oldest());
        AffinityKey key = keys.resolve(pools.scope(pool, body), tenant, request, body);
        boolean read = pool.router().policy().readsPrompt(key.source());
        return new RoutingRequest(key, read ? body.promptIfReadable() : PromptBlocks.EMPTY, unsuited, owner, id);
    }
}
