package dev.warmlane.proxy;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.isAlreadyRouted;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.setAlreadyRouted;

import dev.warmlane.health.FailureCause;
import dev.warmlane.routing.Dispatch;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.ReactiveLoadBalancerClientFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.netty.ByteBufFlux;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/**
 * Serves routes whose URI is {@code vllm://<pool>}: sends the request to the endpoint that the pool's router chooses and
 * passes the answer on. An endpoint that cannot be reached or answers 503 is given up for the next in the policy's
 * preference order, as long as nothing has gone to the client.
 */
public final class VllmRoutingFilter implements GlobalFilter, Ordered {
    /** Where Spring Cloud Gateway's load balancer filter handles {@code lb://}. */
    public static final int ORDER = ReactiveLoadBalancerClientFilter.LOAD_BALANCER_CLIENT_FILTER_ORDER;

    private static final Logger log = LoggerFactory.getLogger(VllmRoutingFilter.class);
    private static final String SCHEME = "vllm";
    private static final int SERVICE_UNAVAILABLE = 503;
    private static final Duration RETRY_WHEN_EMPTY = Duration.ofSeconds(1);

    private final BodyReader bodies;
    private final ExchangeReader requests;
    private final HttpClient client;
    private final AnswerWriter answers;
    private final ProxyMetrics metrics;
    private final int maxRetries;

    VllmRoutingFilter(
            BodyReader bodies,
            ExchangeReader requests,
            HttpClient client,
            AnswerWriter answers,
            ProxyMetrics metrics,
            int maxRetries) {
        this.bodies = bodies;
        this.requests = requests;
        this.client = client;
        this.answers = answers;
        this.metrics = metrics;
        this.maxRetries = maxRetries;
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
        PathGuard.check(exchange.getRequest());
        return bodies.read(exchange.getRequest())
                .flatMap(body -> serve(exchange, requests.read(exchange, url.getHost(), body)))
                .then(chain.filter(exchange));
    }

    private Mono<Void> serve(ServerWebExchange exchange, RoutedExchange routed) {
        exchange.getAttributes().put(RoutedExchange.ATTRIBUTE, routed);
        // Deferred, so that whatever fails from the dispatch on ends it and is counted.
        return Mono.defer(() -> firstAttempt(exchange, routed)).doFinally(signal -> {
            routed.finish();
            metrics.finished(routed.pool().name(), result(signal, exchange.getResponse(), routed));
        });
    }

    private Mono<Void> firstAttempt(ServerWebExchange exchange, RoutedExchange routed) {
        Dispatch first = routed.next(FailureCause.OTHER);
        if (first == null) {
            return Mono.error(ApiException.noEndpoint(routed.pool().name(), RETRY_WHEN_EMPTY));
        }
        metrics.overhead(routed.pool().name(), routed.timeline().dispatched());
        return attempt(exchange, routed, first);
    }

    private Mono<Void> attempt(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        metrics.dispatched(routed.pool().name(), dispatch.decision());
        byte[] body = routed.body();
        return client.headers(headers -> UpstreamHeaders.copy(
                        exchange.getRequest(),
                        headers,
                        routed.requestId(),
                        routed.pool().apiKey(),
                        body.length))
                .request(HttpMethod.valueOf(exchange.getRequest().getMethod().name()))
                .uri(target(exchange, dispatch))
                .send(body.length == 0 ? Mono.empty() : Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .response((upstream, content) -> answer(exchange, routed, dispatch, upstream, content))
                .then()
                .onErrorResume(failure -> recover(exchange, routed, dispatch, failure));
    }

    private Publisher<Void> answer(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            HttpClientResponse upstream,
            ByteBufFlux content) {
        if (upstream.status().code() == SERVICE_UNAVAILABLE) {
            Dispatch next = nextIfAllowed(routed, FailureCause.UNAVAILABLE);
            if (next != null) {
                metrics.retried(routed.pool().name(), "unavailable");
                return Mono.error(new Failover(next));
            }
        }
        return answers.write(
                exchange.getResponse(),
                upstream,
                content,
                dispatch,
                routed,
                () -> metrics.firstByte(routed.pool().name(), routed.timeline().firstByteNanos()));
    }

    private Mono<Void> recover(
            ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Throwable failure) {
        if (failure instanceof Failover failover) {
            return attempt(exchange, routed, failover.next());
        }
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            if (!(failure instanceof AbortedException)) {
                log.warn("answer from {} broke off: {}", dispatch.endpoint().name(), UpstreamFailure.reason(failure));
            }
            return Mono.error(failure);
        }
        response.getHeaders().clear();
        if (UpstreamFailure.isRetryable(failure)) {
            Dispatch next = nextIfAllowed(routed, UpstreamFailure.cause(failure));
            if (next != null) {
                metrics.retried(routed.pool().name(), "connection");
                return attempt(exchange, routed, next);
            }
        }
        routed.giveUp(UpstreamFailure.cause(failure));
        return Mono.error(UpstreamFailure.toApi(failure, dispatch.endpoint()));
    }

    private @Nullable Dispatch nextIfAllowed(RoutedExchange routed, FailureCause cause) {
        return routed.retries() < maxRetries ? routed.next(cause) : null;
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

    private static String target(ServerWebExchange exchange, Dispatch dispatch) {
        URI url = exchange.getRequiredAttribute(GATEWAY_REQUEST_URL_ATTR);
        String target = dispatch.endpoint().uri() + url.getRawPath();
        return url.getRawQuery() == null ? target : target + "?" + url.getRawQuery();
    }
}
