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
import dev.warmlane.proxy.body.LazyPrompt;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.body.UsageChunk;
import dev.warmlane.proxy.outcome.LoggedRequest;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.settings.PoolSettings;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** Reads of a request what its routing needs, and no more: the pool, the key, and the prompt where the policy looks at it. */
final class ExchangeReader {
    /** In a route's metadata: whether requests have anything worth keeping warm. */
    private static final String AFFINITY_METADATA = "affinity";

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
        if (rights == null) {
            return route(exchange, routeHost, buffered, null, null, startedNanos);
        }
        Identity identity = rights.identity(exchange);
        Tenant tenant = rights.tenant(identity);
        buffered.replace(rights.isolate(exchange, tenant, buffered.bytes()));
        return route(exchange, routeHost, buffered, identity, tenant, startedNanos);
    }

    private RoutedExchange route(
            ServerWebExchange exchange,
            String routeHost,
            BufferedBody buffered,
            @Nullable Identity identity,
            @Nullable Tenant tenant,
            long startedNanos) {
        ServerHttpRequest request = exchange.getRequest();
        byte[] bytes = buffered.bytes();
        RequestBody body = new RequestBody(bytes, request.getHeaders().getFirst("Content-Type"));
        if (rights != null && identity != null) {
            rights.checkModel(identity, body);
        }
        Pool pool = pools.select(routeHost, body, identity == null ? Allowance.UNLIMITED : identity.allowance());
        RequestOutcome outcome = RequestOutcome.of(exchange);
        outcome.pool(pool.name());
        boolean affinity = hasAffinity(exchange);
        String id = outcome.requestId();
        RoutingRequest routing = routing(request, id, affinity, pool, tenant, body);
        TokenCharge charge = rights == null || identity == null ? null : rights.charge(identity, body);
        // Tokens that are limited must be known, whether or not the client asked.
        boolean asks = asksForUsage || (charge != null && charge.isLimited());
        byte[] sent = asks ? UsageChunk.askIn(bytes, request.getURI().getRawPath()) : bytes;
        buffered.replace(sent);
        RequestProgress progress = new RequestProgress(
                routing.key(), logged ? LoggedRequest.of(routing, body, affinity) : null, startedNanos);
        outcome.progress(progress);
        return new RoutedExchange(pool, routing, buffered, sent.length > bytes.length, id, progress, charge);
    }

    /** The decision that a generation request with these headers and this body would get now; changes nothing. */
    Explanation explain(ServerHttpRequest request, byte[] received) {
        Tenant tenant = rights == null
                ? null
                : rights.tenantNamed(request.getQueryParams().getFirst("tenant"));
        byte[] bytes = tenant == null ? received : TenantIsolation.salted(tenant, received);
        RequestBody body = new RequestBody(bytes, request.getHeaders().getFirst("Content-Type"));
        Pool pool = pools.select(PoolSettings.BY_MODEL, body, Allowance.UNLIMITED);
        return new Explanation(pool.name(), pool.router().explain(routing(request, null, true, pool, tenant, body)));
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
        LazyPrompt prompt = new LazyPrompt(body);
        AffinityKey key = keys.resolve(pool.name(), tenant, request, prompt::get);
        boolean read = pool.router().policy().readsPrompt(key.source());
        return new RoutingRequest(key, read ? prompt.getIfReadable() : PromptBlocks.EMPTY, id);
    }

    private static boolean hasAffinity(ServerWebExchange exchange) {
        Route route = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        return !"none".equals(route.getMetadata().get(AFFINITY_METADATA));
    }
}
