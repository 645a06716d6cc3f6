package dev.warmlane.proxy;

import dev.warmlane.affinity.AffinityKey;
import dev.warmlane.prefix.PromptBlocks;
import dev.warmlane.routing.RoutingRequest;
import dev.warmlane.settings.PoolSettings;
import java.util.concurrent.ThreadLocalRandom;
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

    /** @param logged whether the access log wants to know what a body says */
    ExchangeReader(PoolSelector pools, AffinityKeyResolver keys, boolean asksForUsage, boolean logged) {
        this.pools = pools;
        this.keys = keys;
        this.asksForUsage = asksForUsage;
        this.logged = logged;
    }

    /** @param routeHost the host of the route's URI, which names the pool */
    RoutedExchange read(ServerWebExchange exchange, String routeHost, BufferedBody buffered) {
        long startedNanos = System.nanoTime();
        ServerHttpRequest request = exchange.getRequest();
        byte[] bytes = buffered.bytes();
        RequestBody body = new RequestBody(bytes, request.getHeaders().getFirst("Content-Type"));
        RoutedPool pool = pools.select(routeHost, body);
        boolean affinity = hasAffinity(exchange);
        RoutingRequest routing = routing(request, affinity, pool, body);
        byte[] sent = asksForUsage ? UsageChunk.askIn(bytes, request.getURI().getRawPath()) : bytes;
        buffered.replace(sent);
        return new RoutedExchange(
                pool,
                routing,
                buffered,
                sent.length > bytes.length,
                RequestIds.of(request),
                startedNanos,
                logged ? LoggedRequest.of(routing, body, affinity) : null);
    }

    /** The decision that a generation request with these headers and this body would get now; changes nothing. */
    Explanation explain(ServerHttpRequest request, byte[] bytes) {
        RequestBody body = new RequestBody(bytes, request.getHeaders().getFirst("Content-Type"));
        RoutedPool pool = pools.select(PoolSettings.BY_MODEL, body);
        return new Explanation(pool.name(), pool.router().explain(routing(request, true, pool, body)));
    }

    private RoutingRequest routing(ServerHttpRequest request, boolean affinity, RoutedPool pool, RequestBody body) {
        if (!affinity) {
            return new RoutingRequest(
                    AffinityKey.none(ThreadLocalRandom.current().nextLong()), PromptBlocks.EMPTY);
        }
        LazyPrompt prompt = new LazyPrompt(body);
        AffinityKey key = keys.resolve(pool.name(), request, prompt::get);
        boolean read = pool.router().policy().readsPrompt(key.source());
        return new RoutingRequest(key, read ? prompt.getIfReadable() : PromptBlocks.EMPTY);
    }

    private static boolean hasAffinity(ServerWebExchange exchange) {
        Route route = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        return !"none".equals(route.getMetadata().get(AFFINITY_METADATA));
    }
}
