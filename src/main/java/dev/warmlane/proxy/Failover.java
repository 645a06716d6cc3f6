package dev.warmlane.proxy;

import static java.util.Objects.requireNonNullElse;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.UnusableResponse;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.RawQuery;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.upstream.AttemptsUnderWay;
import dev.warmlane.proxy.upstream.EngineRefusal;
import dev.warmlane.proxy.upstream.ForwardedFor;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.proxy.upstream.UpstreamFailure;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.time.Duration;
import org.reactivestreams.Publisher;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;
import reactor.netty.tcp.TcpClient;

/**
 * Sends a request to one endpoint after the other, in the policy's preference order, until the response of one goes to the
 * client. From its first byte on nothing is tried again. The whole body goes again each time, and never twice to the same
 * server, but where that has closed the connection or has fewer ranks than it had.
 */
final class Failover {
    /** How long the body of an error may take, or the news whether somebody listens. */
    private static final Duration REFUSAL_TIMEOUT = Duration.ofSeconds(1);

    /** A decode endpoint could not have the blocks; it computes the prompt itself, and is not to blame. */
    private static final class TransferFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TransferFailed() {
            super("transfer failed", null, false, false);
        }
    }

    /** A server has fewer ranks than it had; the next scrape will tell how many. */
    private static final class RankGone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RankGone() {
            super("no such rank", null, false, false);
        }
    }

    private final PrefillLegs prefills;
    private final UpstreamClient client;
    private final HttpClient webSocketClient;
    private final AttemptsUnderWay attempts;
    private final Duration roundTrip;
    private final ForwardedFor forwardedFor;
    private final ServedModels models;
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
     * @param models hears which endpoint does not have which model
     * @param timer runs what follows the pauses between attempts
     */
    Failover(
            PrefillLegs prefills,
            UpstreamClient client,
            AttemptsUnderWay attempts,
            Duration roundTrip,
            ForwardedFor forwardedFor,
            ServedModels models,
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
        this.forwardedFor = forwardedFor;
        this.models = models;
        this.responses = responses;
        this.webSockets = webSockets;
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
        RoutingDecision decision = dispatch.decision();
        metrics.dispatched(routed.pool().name(), decision);
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
        prefills.release(exchange, routed);
    }

    /**
     * @param fresh whether to open a connection for it alone
     * @param target the endpoint of the dispatch, or its server without saying which rank
     */
    private Mono<Void> send(
            boolean fresh, ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch, Endpoint target) {
        UpstreamAttempt attempt = new UpstreamAttempt(() -> retries.possible(routed));
        EndpointId endpoint = dispatch.endpoint().id();
        Mono<Void> sent = RouteTraits.of(exchange).webSocket()
                ? webSockets.relay(
                        routed.pool()
                                .secure(webSocketClient)
                                .headers(headers -> UpstreamHeaders.copy(
                                        exchange.getRequest(),
                                        headers,
                                        target,
                                        routed.requestId(),
                                        forwardedFor,
                                        routed.pool().apiKey(),
                                        routed.charge() != null
                                                && !routed.pool().passesKeys(),
                                        0)),
                        uri(exchange, target),
                        exchange,
                        routed,
                        dispatch,
                        attempt)
                : request(fresh, exchange, routed, dispatch, target, attempt);
        return sent.doFinally(signal -> {
                    attempts.remove(endpoint, attempt);
                    attempt.end();
                })
                // Before anybody can cancel: a removal that came first would leave it there for good.
                .doFirst(() -> attempts.add(endpoint, attempt))
                .onErrorMap(failure -> requireNonNullElse(attempt.abandoned(), failure))
                .onErrorResume(failure -> {
                    if (failure instanceof TransferFailed) {
                        metrics.transferFailed(routed.pool().name());
                        routed.forgetTransfer();
                        dispatch.recomputes();
                        return send(false, exchange, routed, dispatch, target);
                    }
                    if (failure instanceof RankGone) {
                        return send(false, exchange, routed, dispatch, target.server());
                    }
                    return attempt.metClosedConnection(failure, System.nanoTime(), roundTrip)
                            ? send(true, exchange, routed, dispatch, target)
                            : recover(exchange, routed, dispatch, failure);
                });
    }

    private Mono<Void> request(
            boolean fresh,
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            Endpoint endpoint,
            UpstreamAttempt attempt) {
        return client.send(
                endpoint.uri(),
                routed.pool().tls(),
                fresh,
                RequestOutcome.of(exchange).eventLoop(),
                attempt,
                () -> {
                    routed.sent(attempt);
                    FullHttpRequest request = request(
                            exchange,
                            content(routed),
                            endpoint,
                            routed.requestId(),
                            forwardedFor,
                            routed.pool(),
                            routed.charge() != null);
                    String prefiller = PrefillLegs.prefiller(routed, dispatch);
                    if (prefiller != null) {
                        request.headers().set(UpstreamHeaders.PREFILLER, prefiller);
                    }
                    return request;
                },
                upstream -> {
                    attempt.answered();
                    dispatch.heard();
                    return respond(exchange, routed, dispatch, endpoint, upstream);
                });
    }

    /** The body, with what the endpoint is to fetch if somebody else has computed the prompt. */
    private static ByteBuf content(RoutedExchange routed) {
        byte[] body = routed.body();
        Transfer transfer = routed.handOver();
        return transfer == null
                ? Unpooled.wrappedBuffer(body)
                : Unpooled.wrappedBuffer(PrefillBody.decodePieces(body, transfer));
    }

    /**
     * The client's request as an endpoint of a pool gets it.
     *
     * @param authenticated whether the client's key or token was for the gateway
     */
    static FullHttpRequest request(
            ServerWebExchange exchange,
            ByteBuf body,
            Endpoint endpoint,
            String requestId,
            ForwardedFor forwardedFor,
            Pool pool,
            boolean authenticated) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(exchange.getRequest().getMethod().name()),
                target(exchange, endpoint),
                body);
        UpstreamHeaders.copy(
                exchange.getRequest(),
                request.headers(),
                endpoint,
                requestId,
                forwardedFor,
                pool.apiKey(),
                authenticated && !pool.passesKeys(),
                body.readableBytes());
        return request;
    }

    private Publisher<Void> respond(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            Endpoint endpoint,
            UpstreamResponse upstream) {
        int status = upstream.status();
        if (status == 500
                && routed.transfer() != null
                && routed.pool().prefillDecode().decodeAlone()) {
            return Mono.error(new TransferFailed());
        }
        boolean telling = status == 404 && routed.requestBody().model() != null;
        boolean ranked = status == 400 && endpoint.id().isRank();
        boolean possible = telling || ranked || (status >= 500 && retries.possible(routed));
        if (!possible || !ResponseWriter.isShort(upstream)) {
            // Asked even where it cannot be, since it notes which endpoints fail.
            return FailureCause.isUnavailable(status) && retries.allow(routed, FailureCause.UNAVAILABLE)
                    ? Mono.error(UnusableResponse.status(status))
                    : pass(exchange, routed, dispatch, upstream, upstream.whole());
        }
        return upstream.whole()
                .timeout(REFUSAL_TIMEOUT, Mono.error(ReadTimeoutException.INSTANCE))
                .flatMap(body -> Mono.using(
                        () -> body,
                        read -> (ranked && EngineRefusal.isOfRank(read)
                                        ? Mono.<FailureCause>error(new RankGone())
                                        : refusal(routed, dispatch, status, read))
                                .filter(cause -> retries.allow(routed, cause))
                                .flatMap(cause -> Mono.<Void>error(UnusableResponse.refusal(status, cause)))
                                .switchIfEmpty(Mono.defer(() ->
                                        pass(exchange, routed, dispatch, upstream, Mono.fromSupplier(read::retain)))),
                        ReferenceCountUtil::release));
    }

    /** Why another endpoint should be asked after an error; empty: it should not. */
    private Mono<FailureCause> refusal(RoutedExchange routed, Dispatch dispatch, int status, ByteBuf body) {
        FailureCause said = EngineRefusal.of(status, body);
        String model = said == FailureCause.NO_MODEL ? routed.requestBody().lastModel() : null;
        if (model != null) {
            models.refused(routed.pool().name(), dispatch.endpoint().id(), model);
            routed.askAnywhere();
        }
        if (said != null || status != 500) {
            return Mono.justOrEmpty(said);
        }
        // A server at work can answer 500 to a request that it cannot compute, one that ends answers it to all.
        Endpoint now =
                routed.pool().endpoints().snapshot().find(dispatch.endpoint().id());
        return now == null || now.state() == EndpointState.DRAINING
                ? Mono.just(FailureCause.UNAVAILABLE)
                : listens(dispatch.endpoint())
                        .flatMap(listens -> listens ? Mono.empty() : Mono.just(FailureCause.CONNECT));
    }

    private static Mono<Boolean> listens(Endpoint endpoint) {
        URI uri = endpoint.uri();
        int port = uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        return TcpClient.newConnection()
                .host(uri.getHost())
                .port(port)
                .connect()
                .doOnNext(Connection::dispose)
                .map(connected -> true)
                .timeout(REFUSAL_TIMEOUT)
                .onErrorResume(failure -> Mono.just(!EngineFailure.of(failure).isRefused()));
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
        EngineFailure why = UpstreamFailure.of(failure);
        // A response that is given up was allowed to be when it came, or when it did not.
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
        return Mono.error(UpstreamFailure.toApi(failure));
    }

    private static String target(ServerWebExchange exchange, Endpoint endpoint) {
        // The client's own: Spring Cloud Gateway encodes what looks to it as if nobody had.
        String query = RawQuery.of(exchange.getRequest().getURI());
        String path = endpoint.uri().getRawPath() + path(exchange);
        return query == null ? path : path + "?" + query;
    }

    /** The same for a client that wants a URI. */
    private static URI uri(ServerWebExchange exchange, Endpoint endpoint) {
        String query = exchange.getRequest().getURI().getRawQuery();
        String target = endpoint.uri() + path(exchange);
        return URI.create(query == null ? target : target + "?" + query);
    }

    /** What filters have made of it; on the short way there are none. */
    private static String path(ServerWebExchange exchange) {
        URI filtered = exchange.getAttribute(GATEWAY_REQUEST_URL_ATTR);
        return (filtered == null ? exchange.getRequest().getURI() : filtered).getRawPath();
    }
}
