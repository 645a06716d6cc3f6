package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.ResponseWriter.ResponseHeaders;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.upstream.AttemptsUnderWay;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpRequest;
import java.time.Duration;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.client.HttpClient;

/**
 * Sends a request to one endpoint after the other, in the policy's preference order, until the response of one goes to the client.
 * From its first byte on nothing is tried again. The whole body goes again each time, and never twice to the same server, unless
 * that has closed the connection or has fewer ranks than before.
 */
final class Failover {
    private final PrefillLegs prefills;
    private final UpstreamClient client;
    private final HttpClient webSocketClient;
    private final AttemptsUnderWay attempts;
    private final Duration roundTrip;
    private final UpstreamRequests requests;
    private final ErrorResponses errors;
    private final ResponseWriter responses;
    private final WebSocketRelay webSockets;
    private final Dispatcher dispatcher;
    private final Retries retries;
    private final ProxyMetrics metrics;
    private final FailureLog log;
    private final Scheduler timer;

    /**
     * @param prefills go before the request where prompts are computed elsewhere
     * @param attempts knows of every attempt
     * @param roundTrip how long the news may take that an idle connection is closed
     * @param errors judges what endpoints respond with status 400 and above
     * @param timer runs what follows the pauses between attempts
     */
    Failover(
            PrefillLegs prefills,
            UpstreamClient client,
            AttemptsUnderWay attempts,
            Duration roundTrip,
            UpstreamRequests requests,
            ErrorResponses errors,
            ResponseWriter responses,
            WebSocketRelay webSockets,
            Dispatcher dispatcher,
            Retries retries,
            ProxyMetrics metrics,
            FailureLog log,
            Scheduler timer) {
        this.prefills = prefills;
        this.client = client;
        this.webSocketClient = client.webSockets();
        this.attempts = attempts;
        this.roundTrip = roundTrip;
        this.requests = requests;
        this.errors = errors;
        this.responses = responses;
        this.webSockets = webSockets;
        this.dispatcher = dispatcher;
        this.retries = retries;
        this.metrics = metrics;
        this.log = log;
        this.timer = timer;
    }

    /** Completes when the response has gone to the client; fails with the client's error if there is none. */
    Mono<Void> send(ServerWebExchange exchange, RoutedExchange routed) {
        Dispatch first = routed.pool().queue().isIdle() ? routed.attempts().next(FailureCause.OTHER) : null;
        if (first == null) {
            return dispatcher.inTurn(exchange, routed).flatMap(dispatch -> attempt(exchange, routed, dispatch));
        }
        metrics.overhead(routed.pool().name(), routed.progress().dispatched());
        return attempt(exchange, routed, first);
    }

    private Mono<Void> attempt(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        RoutingDecision decision = dispatch.decision();
        String after = routed.progress().routed(decision);
        metrics.dispatched(routed.pool().name(), decision);
        if (after != null) {
            metrics.retried(routed.pool().name(), after);
        }
        return decision.prefill() == null && decision.bypass() == null
                ? begin(exchange, routed, dispatch)
                : prefills.before(exchange, routed, dispatch).then(Mono.defer(() -> begin(exchange, routed, dispatch)));
    }

    private Mono<Void> begin(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        routed.progress().attempting();
        return send(false, exchange, routed, dispatch, dispatch.endpoint());
    }

    /** The request is over. */
    void finished(ServerWebExchange exchange, RoutedExchange routed) {
        if (routed.attempts().computed() != null) {
            prefills.finished(exchange, routed);
        }
    }

    /**
     * @param fresh whether to open a connection for it alone
     * @param target the endpoint of the dispatch, or its server without saying which rank
     */
    private Mono<Void> send(
            boolean fresh, ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Endpoint target) {
        UpstreamAttempt attempt = new UpstreamAttempt(
                () -> retries.possible(routed),
                fresh,
                RequestOutcome.of(exchange).eventLoop());
        Mono<Void> sent = RouteTraits.of(exchange).webSocket()
                ? webSockets.relay(
                        routed.pool()
                                .secure(webSocketClient)
                                .headers(headers -> requests.copyHeaders(exchange, routed, target, headers)),
                        UpstreamRequests.uri(exchange, target),
                        exchange,
                        routed,
                        dispatch,
                        attempt)
                : request(exchange, routed, dispatch, target, attempt);
        return attempts.follow(attempt, dispatch.endpoint().id(), sent).onErrorResume(failure -> {
            if (failure instanceof ErrorResponses.TransferFailed) {
                metrics.transferFailed(routed.pool().name());
                routed.attempts().forgetComputed();
                dispatch.recomputes();
                return send(false, exchange, routed, dispatch, target);
            }
            if (failure instanceof ErrorResponses.RankGone) {
                return send(false, exchange, routed, dispatch, target.server());
            }
            return attempt.metClosedConnection(failure, System.nanoTime(), roundTrip)
                    ? send(true, exchange, routed, dispatch, target)
                    : recover(exchange, routed, dispatch, failure);
        });
    }

    private Mono<Void> request(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            Endpoint endpoint,
            UpstreamAttempt attempt) {
        return client.send(
                endpoint.uri(),
                routed.pool().tls(),
                attempt,
                () -> {
                    routed.attempts().sent(attempt);
                    FullHttpRequest request = requests.of(exchange, routed, endpoint);
                    Dispatch leg = dispatch.prefill();
                    if (leg != null && routed.pool().prefillDecode().sidecar()) {
                        // The decode endpoint's sidecar has the prompt computed there.
                        request.headers()
                                .set(
                                        UpstreamHeaders.PREFILLER,
                                        leg.endpoint().uri().getAuthority());
                    }
                    return request;
                },
                upstream -> {
                    attempt.responded();
                    dispatch.heard();
                    return respond(exchange, routed, dispatch, endpoint, upstream);
                });
    }

    private Mono<Void> respond(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            Endpoint endpoint,
            UpstreamResponse upstream) {
        return upstream.status() < 400
                ? pass(exchange, routed, dispatch, upstream, upstream.whole())
                : errors.judge(
                        routed, dispatch, endpoint, upstream, body -> pass(exchange, routed, dispatch, upstream, body));
    }

    private Mono<Void> pass(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            UpstreamResponse upstream,
            Mono<ByteBuf> whole) {
        return responses.write(exchange, upstream, whole, dispatch, routed, metrics.responding(routed, upstream));
    }

    private Mono<Void> recover(
            ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        routed.progress().attemptFailed();
        EngineFailure why = UpstreamAttempt.failure(failure);
        // A response that is given up was allowed to be when it came, or when it did not.
        boolean again = failure instanceof UnusableResponse
                ? !routed.attempts().isFallingBack() && routed.attempts().hasAnother()
                : why.retryable() && retries.allow(routed, why.cause());
        if (again) {
            log.note(dispatch.endpoint().name(), "request goes to another", why.reason());
            Duration pause = retries.pause(routed, why.cause());
            Mono<Void> next = Mono.defer(() -> next(exchange, routed, dispatch, failure));
            return pause.isZero() ? next : Mono.delay(pause, timer).then(next);
        }
        return fail(exchange, routed, dispatch, failure);
    }

    private Mono<Void> next(ServerWebExchange exchange, RoutedExchange routed, Dispatch failed, Throwable failure) {
        FailureCause cause = UpstreamAttempt.failure(failure).cause();
        Dispatch next = routed.attempts().next(cause);
        if (next != null) {
            return attempt(exchange, routed, next);
        }
        if (!routed.attempts().hasAnother()) {
            return fail(exchange, routed, failed, failure);
        }
        routed.attempts().leave(cause);
        return dispatcher.inTurn(exchange, routed).flatMap(dispatch -> attempt(exchange, routed, dispatch));
    }

    private Mono<Void> fail(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Throwable failure) {
        EngineFailure why = UpstreamAttempt.failure(failure);
        routed.attempts().giveUp(why.cause());
        log.note(dispatch.endpoint().name(), "request failed", why.reason());
        if (routed.attempts().isRetryDiscouraged()) {
            exchange.getResponse().getHeaders().set(ResponseHeaders.SHOULD_RETRY, "false");
        }
        return Mono.error(UpstreamAttempt.error(failure));
    }
}
