package dev.warmlane.proxy;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.UnusableResponse;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamFailure;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.time.Duration;
import org.reactivestreams.Publisher;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.ByteBufFlux;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/**
 * Sends a request to one endpoint after the other, in the policy's preference order, until the response of one goes to the
 * client. From its first byte on nothing is tried again. The whole body goes again each time, and never twice to the same
 * endpoint.
 */
final class Failover {
    private final HttpClient client;
    private final HttpClient unpooled;
    private final Duration roundTrip;
    private final ResponseWriter responses;
    private final Dispatcher dispatcher;
    private final Retries retries;
    private final ProxyMetrics metrics;
    private final FailureLog log;
    private final Scheduler timer;

    /**
     * @param unpooled opens a connection for each request
     * @param roundTrip how long the news may take that an idle connection is closed
     * @param timer runs what follows the pauses between attempts
     */
    Failover(
            HttpClient client,
            HttpClient unpooled,
            Duration roundTrip,
            ResponseWriter responses,
            Dispatcher dispatcher,
            Retries retries,
            ProxyMetrics metrics,
            FailureLog log,
            Scheduler timer) {
        this.client = client;
        this.unpooled = unpooled;
        this.roundTrip = roundTrip;
        this.responses = responses;
        this.dispatcher = dispatcher;
        this.retries = retries;
        this.metrics = metrics;
        this.log = log;
        this.timer = timer;
    }

    /** Completes when the response has gone to the client; fails with what the client is told if there is none. */
    Mono<Void> send(ServerWebExchange exchange, RoutedExchange routed) {
        Dispatch first = dispatcher.now(routed);
        if (first == null) {
            return dispatcher.inTurn(exchange, routed).flatMap(dispatch -> attempt(exchange, routed, dispatch));
        }
        metrics.overhead(routed.pool().name(), routed.progress().dispatched());
        return attempt(exchange, routed, first);
    }

    private Mono<Void> attempt(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        metrics.dispatched(routed.pool().name(), dispatch.decision());
        return send(client, exchange, routed, dispatch);
    }

    private Mono<Void> send(HttpClient over, ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        UpstreamAttempt attempt = new UpstreamAttempt();
        int bodyBytes = routed.body().length;
        return routed.pool()
                .secure(over)
                .headers(headers -> UpstreamHeaders.copy(
                        exchange.getRequest(),
                        headers,
                        routed.requestId(),
                        routed.pool().apiKey(),
                        routed.charge() != null,
                        bodyBytes))
                .request(HttpMethod.valueOf(exchange.getRequest().getMethod().name()))
                .uri(target(exchange, dispatch))
                .send((request, connection) -> {
                    // Reactor Netty's request is the connection that it goes out on.
                    if (!attempt.begin((Connection) request, System.nanoTime())) {
                        return Mono.empty();
                    }
                    UpstreamHeaders.withoutDefaults(exchange.getRequest(), request.requestHeaders());
                    // Asked for when it is sent: this chain lives as long as the response and must not keep the body.
                    return connection.send(
                            bodyBytes == 0
                                    ? Mono.empty()
                                    : Mono.fromSupplier(() -> Unpooled.wrappedBuffer(routed.body())));
                })
                .response((upstream, content) -> {
                    attempt.answered();
                    return respond(exchange, routed, dispatch, upstream, content);
                })
                .then()
                .doFinally(signal -> attempt.end())
                .onErrorResume(failure -> attempt.metClosedConnection(failure, System.nanoTime(), roundTrip)
                        ? send(unpooled, exchange, routed, dispatch)
                        : recover(exchange, routed, dispatch, failure));
    }

    private Publisher<Void> respond(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            HttpClientResponse upstream,
            ByteBufFlux content) {
        int status = upstream.status().code();
        if (FailureCause.isUnavailable(status) && retries.allow(routed, FailureCause.UNAVAILABLE)) {
            return Mono.error(UnusableResponse.status(status));
        }
        return responses.write(exchange, upstream, content, dispatch, routed, metrics.responding(routed, upstream));
    }

    private Mono<Void> recover(
            ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        EngineFailure why = UpstreamFailure.of(failure);
        // A response that is given up was allowed to be when it came.
        if (failure instanceof UnusableResponse || (why.retryable() && retries.allow(routed, why.cause()))) {
            metrics.retried(routed.pool().name(), why.cause().label());
            log.note(dispatch.endpoint().name(), "request goes to another", why.reason());
            Duration pause = retries.pause(routed, why.cause());
            Mono<Void> next = Mono.defer(() -> next(exchange, routed, dispatch, failure));
            return pause.isZero() ? next : Mono.delay(pause, timer).then(next);
        }
        return fail(exchange, routed, dispatch, failure);
    }

    private Mono<Void> next(ServerWebExchange exchange, RoutedExchange routed, Dispatch failed, Throwable failure) {
        FailureCause cause = UpstreamFailure.of(failure).cause();
        Dispatch next = routed.next(cause);
        if (next != null) {
            return attempt(exchange, routed, next);
        }
        if (!routed.hasAnother()) {
            return fail(exchange, routed, failed, failure);
        }
        routed.leave(cause);
        return dispatcher.inTurn(exchange, routed).flatMap(dispatch -> attempt(exchange, routed, dispatch));
    }

    private Mono<Void> fail(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Throwable failure) {
        EngineFailure why = UpstreamFailure.of(failure);
        routed.giveUp(why.cause());
        log.note(dispatch.endpoint().name(), "request failed", why.reason());
        if (routed.isRetryDiscouraged()) {
            exchange.getResponse().getHeaders().set(ResponseHeaders.SHOULD_RETRY, "false");
        }
        return Mono.error(UpstreamFailure.toApi(failure, dispatch.endpoint()));
    }

    /** A URI and no string, which the client would take apart by a regular expression. */
    private static URI target(ServerWebExchange exchange, Dispatch dispatch) {
        URI url = exchange.getRequiredAttribute(GATEWAY_REQUEST_URL_ATTR);
        String target = dispatch.endpoint().uri() + url.getRawPath();
        return URI.create(url.getRawQuery() == null ? target : target + "?" + url.getRawQuery());
    }
}
