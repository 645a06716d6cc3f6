package dev.warmlane.proxy;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.isAlreadyRouted;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.setAlreadyRouted;

import dev.warmlane.proxy.body.BodyReader;
import dev.warmlane.proxy.http.PathGuard;
import dev.warmlane.proxy.http.PublicPort;
import java.net.URI;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.ReactiveLoadBalancerClientFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/**
 * Serves routes whose URI is {@code vllm://<pool>}: sends the request to the endpoint that the pool's router chooses and
 * passes the response on, from another endpoint if that one fails before the first byte.
 */
public final class VllmRoutingFilter implements GlobalFilter, Ordered {
    /** Where Spring Cloud Gateway's load balancer filter handles {@code lb://}. */
    public static final int ORDER = ReactiveLoadBalancerClientFilter.LOAD_BALANCER_CLIENT_FILTER_ORDER;

    private static final String SCHEME = "vllm";

    private final StreamLimit streams;
    private final BodyReader bodies;
    private final ExchangeReader requests;
    private final Failover failover;
    private final Retries retries;
    private final ProxyMetrics metrics;

    VllmRoutingFilter(
            StreamLimit streams,
            BodyReader bodies,
            ExchangeReader requests,
            Failover failover,
            Retries retries,
            ProxyMetrics metrics) {
        this.streams = streams;
        this.bodies = bodies;
        this.requests = requests;
        this.failover = failover;
        this.retries = retries;
        this.metrics = metrics;
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
        PathGuard.check(exchange.getRequest());
        return streams.within(
                        url.getHost(),
                        () -> bodies.read(
                                exchange.getRequest(),
                                body -> serve(exchange, requests.read(exchange, url.getHost(), body))))
                .then(chain.filter(exchange));
    }

    private Mono<Void> serve(ServerWebExchange exchange, RoutedExchange routed) {
        exchange.getAttributes().put(RoutedExchange.ATTRIBUTE, routed);
        exchange.getResponse().beforeCommit(() -> {
            routed.dropBody();
            return Mono.empty();
        });
        // Deferred, so that whatever fails from the dispatch on ends it and is counted.
        RetryBudget budget = retries.budget(routed.pool().name());
        Mono<Void> answer = Mono.defer(() -> {
            budget.requestBegan();
            return failover.send(exchange, routed);
        });
        return answer.doFinally(signal -> {
            routed.finish(signal == SignalType.CANCEL);
            budget.requestEnded();
            metrics.finished(routed, result(signal, exchange.getResponse(), routed));
        });
    }

    private static String result(SignalType signal, ServerHttpResponse response, RoutedExchange routed) {
        if (routed.isBrokenOff()) {
            return "failed";
        }
        HttpStatusCode status = response.getStatusCode();
        return switch (signal) {
            case CANCEL -> "cancelled";
            case ON_ERROR -> "failed";
            default -> status == null ? "failed" : status.value() / 100 + "xx";
        };
    }
}
