package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
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
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** Reads of a request what its routing needs, and no more: the pool, the key, and the prompt where the policy looks at it. */
final class ExchangeReader {
    private final PoolSelector pools;
    private final AffinityKeyResolver keys;
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
            boolean asksForUsage,
            boolean logged,
            @Nullable ClientRights rights) {
        this.pools = pools;
        this.keys = keys;
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
        rights.isolate(exchange.getRequest().getURI().getRawPath(), traits, tenant, body);
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
        }
        Pool pool = pools.select(routeHost, body, identity == null ? Allowance.UNLIMITED : identity.allowance());
        RequestOutcome outcome = RequestOutcome.of(exchange);
        outcome.pool(pool.name());
        String id = outcome.requestId();
        RoutingRequest routing = routing(exchange.getRequest(), id, traits.affinity(), pool, tenant, body);
        TokenCharge charge = rights == null || identity == null ? null : rights.charge(identity, body);
        LoggedRequest kept = logged ? LoggedRequest.of(routing, body, traits.affinity()) : null;
        // Tokens that are limited must be known, whether or not the client asked.
        boolean asks = asksForUsage || (charge != null && charge.isLimited());
        boolean asked = asks && traits.usageChunk() && body.askForUsageChunk();
        body.forgetPrompt();
        RequestProgress progress = new RequestProgress(routing.key(), kept, startedNanos);
        outcome.progress(progress);
        return new RoutedExchange(pool, routing, body, asked, id, progress, charge);
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
        Pool pool = pools.select(PoolSettings.BY_MODEL, body, Allowance.UNLIMITED);
        return new Explanation(pool.name(), pool.router().explain(routing(request, null, true, pool, tenant, body)));
    }

    private static RequestBody body(ServerHttpRequest request, BufferedBody buffered) {
        return new RequestBody(buffered, request.getHeaders().getFirst("Content-Type"));
    }

    private RoutingRequest routing(
            ServerHttpRequest request,
            @Nullable String id,
            boolean affinity,
            Pool pool,
            @Nullable Tenant tenant,
            RequestBody body) {
        if (!affinity) {
            return new RoutingRequest(
                    AffinityKey.none(ThreadLocalRandom.current().nextLong()), PromptBlocks.EMPTY, id);
        }
        AffinityKey key = keys.resolve(pool.name(), tenant, request, body::prompt);
        boolean read = pool.router().policy().readsPrompt(key.source());
        return new RoutingRequest(key, read ? body.promptIfReadable() : PromptBlocks.EMPTY, id);
    }
}
