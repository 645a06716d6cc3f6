package dev.warmlane.proxy;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.isAlreadyRouted;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.setAlreadyRouted;

import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.ResponseWriter.ResponseHeaders;
import dev.warmlane.proxy.body.BodyReader;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import dev.warmlane.settings.PoolSettings;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.ReactiveLoadBalancerClientFilter;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Serves routes whose URI is {@code vllm://<pool>}: sends the request to the endpoint that the pool's router chooses and
 * passes the response on, from another endpoint if that one fails before the first byte.
 */
public final class VllmRoutingFilter implements GlobalFilter, Ordered {
    /** Where Spring Cloud Gateway's load balancer filter handles {@code lb://}. */
    public static final int ORDER = ReactiveLoadBalancerClientFilter.LOAD_BALANCER_CLIENT_FILTER_ORDER;

    private static final String SCHEME = "vllm";

    /** Codes of errors. */
    private static final Set<String> FALLBACKS = Set.of("no_endpoint", ApiException.QUEUE_FULL, "upstream_failed");

    private final StreamLimit streams;
    private final BodyReader bodies;
    private final ExchangeReader requests;
    private final Failover failover;
    private final Retries retries;
    private final Mirrors mirrors;

    VllmRoutingFilter(
            StreamLimit streams,
            BodyReader bodies,
            ExchangeReader requests,
            Failover failover,
            Retries retries,
            Mirrors mirrors) {
        this.streams = streams;
        this.bodies = bodies;
        this.requests = requests;
        this.failover = failover;
        this.retries = retries;
        this.mirrors = mirrors;
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
        URI url = exchange.getRequiredAttribute(GATEWAY_REQUEST_URL_ATTR);
        if (!SCHEME.equals(url.getScheme()) || isAlreadyRouted(exchange)) {
            return chain.filter(exchange);
        }
        setAlreadyRouted(exchange);
        PublicPort.check(exchange);
        PublicPort.checkPath(exchange.getRequest());
        return serve(exchange, url.getHost()).then(chain.filter(exchange));
    }

    /**
     * Serves a request that has taken a {@code vllm} route of the public port, whichever way it came.
     *
     * @param routeHost the host of the route's URI, which names the pool
     * @throws ApiException 429 if there is no place for one more
     */
    Mono<Void> serve(ServerWebExchange exchange, String routeHost) {
        RequestOutcome outcome = RequestOutcome.of(exchange);
        if (!routeHost.equals(PoolSettings.BY_MODEL)) {
            outcome.pool(routeHost);
        }
        streams.enter();
        outcome.onEnd(end -> streams.leave());
        return bodies.read(
                exchange.getRequest(), body -> begin(exchange, routeHost, requests.read(exchange, routeHost, body)));
    }

    private Mono<Void> begin(ServerWebExchange exchange, String routeHost, RoutedExchange routed) {
        NamedModel named = routed.named();
        // A conversation cannot be sent to a second pool.
        Mirror mirror = named == null || RouteTraits.of(exchange).webSocket() ? null : named.mirror();
        if (mirror != null) {
            // Once, whichever of its models serves it, and before its body is dropped.
            exchange.getResponse().beforeCommit(() -> {
                mirrors.offer(exchange, routed, mirror);
                return Mono.empty();
            });
        }
        return serve(exchange, routeHost, routed);
    }

    private Mono<Void> serve(ServerWebExchange exchange, String routeHost, RoutedExchange routed) {
        Mono<Void> served = serve(exchange, routed);
        return routed.named() == null
                ? served
                : served.onErrorResume(failure -> {
                    if (exchange.getResponse().isCommitted() || !canFallBack(failure)) {
                        return Mono.error(failure);
                    }
                    // Whatever follows, it is over here: nothing may count while another model serves it.
                    routed.attempts().finish();
                    failover.finished(exchange, routed);
                    RoutedExchange next = requests.next(exchange, routeHost, routed);
                    if (next == null) {
                        return Mono.error(failure);
                    }
                    exchange.getResponse().getHeaders().remove(ResponseHeaders.SHOULD_RETRY);
                    return serve(exchange, routeHost, next);
                });
    }

    /** Whether a request that ends like this may go to the next model of its name: nobody can serve it now, or nobody did. */
    private static boolean canFallBack(Throwable failure) {
        return failure instanceof ApiException api && FALLBACKS.contains(api.code());
    }

    private Mono<Void> serve(ServerWebExchange exchange, RoutedExchange routed) {
        exchange.getResponse().beforeCommit(() -> {
            routed.begun();
            return Mono.empty();
        });
        routed.attempts().enter(retries.budget(routed.pool().name()));
        RequestOutcome.of(exchange).onEnd(outcome -> {
            routed.finish(outcome.result() == Result.CANCELLED);
            failover.finished(exchange, routed);
        });
        return failover.send(exchange, routed);
    }

    /** Bounds the requests that the gateway serves at a time, before it reads a byte of their bodies. Safe for concurrent use. */
    static final class StreamLimit {
        private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

        private final int most;
        private final AtomicInteger open = new AtomicInteger();

        StreamLimit(int most) {
            this.most = most;
        }

        /**
         * Takes a place, which whoever gets one gives back by {@link #leave}.
         *
         * @throws ApiException 429 if all are taken
         */
        void enter() {
            if (open.incrementAndGet() > most) {
                open.decrementAndGet();
                throw ApiException.overloaded(
                        ApiException.TOO_MANY_STREAMS,
                        "The gateway serves %d requests already, as many as it may.".formatted(most),
                        RETRY_AFTER);
            }
        }

        void leave() {
            open.decrementAndGet();
        }
    }
}
