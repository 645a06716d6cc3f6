package dev.warmlane.proxy;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure.RefusedResponse;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.ResponseWriter.ResponseHeaders;
import dev.warmlane.proxy.WebSocketFrames.FramesUnderWay;
import dev.warmlane.proxy.WebSocketSession.Side;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.WebSocketUpgrade;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * Connects a client's WebSocket to an endpoint's. The client's is not accepted before the endpoint's is, so until then the request
 * can go elsewhere, and an engine's refusal is what the client gets.
 */
final class WebSocketRelay {
    private final int maxFrameBytes;
    private final BodyBudget budget;
    private final Duration handshakeTimeout;
    private final Duration idleTimeout;
    private final Duration farewell;
    private final ResponseHeaders headers;
    private final Retries retries;
    private final FailureLog log;

    /** @param budget of what either side has sent of frames and the other has not taken */
    WebSocketRelay(
            WarmlaneSettings settings, BodyBudget budget, ResponseHeaders headers, Retries retries, FailureLog log) {
        this.budget = budget;
        this.maxFrameBytes = (int) settings.limits().websocketFrame().toBytes();
        this.handshakeTimeout = settings.upstream().responseTimeout();
        this.idleTimeout = settings.upstream().idleTimeout();
        this.farewell = settings.limits().websocketFarewell();
        this.headers = headers;
        this.retries = retries;
        this.log = log;
    }

    /** Completes when both sides are closed. Fails with nothing written if another endpoint can still take over. */
    Mono<Void> relay(
            HttpClient client,
            URI target,
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            UpstreamAttempt attempt) {
        FramesUnderWay response = new FramesUnderWay(budget);
        EngineHandshake handshake = new EngineHandshake(handshakeTimeout, response);
        return client.headers(WebSocketRelay::removeHandshake)
                .doOnRequest((request, connection) -> {
                    if (attempt.begin(connection.channel(), System.nanoTime())) {
                        routed.attempts().sent(attempt);
                        UpstreamHeaders.withoutDefaults(exchange.getRequest(), request.requestHeaders());
                        List<String> protocols = WebSocketUpgrade.protocols(exchange.getRequest());
                        if (!protocols.isEmpty()) {
                            request.requestHeaders()
                                    .set(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, String.join(", ", protocols));
                        }
                        handshake.addTo(connection.channel().pipeline());
                    }
                })
                .websocket(WebsocketClientSpec.builder()
                        .maxFramePayloadLength(maxFrameBytes)
                        .handlePing(true)
                        .build())
                .uri(target)
                .handle((in, out) -> {
                    attempt.responded();
                    dispatch.heard();
                    // After the client's own limit, which knows of one side alone.
                    in.withConnection(connection ->
                            EngineHandshake.limit(connection.channel().pipeline(), new Silence(idleTimeout)));
                    FramesUnderWay underWay = new FramesUnderWay(budget);
                    return accept(exchange, routed, dispatch, handshake.protocol(), side(in, out, underWay, false))
                            .doFinally(signal -> underWay.end());
                })
                .then()
                .onErrorResume(
                        WebSocketClientHandshakeException.class,
                        failure -> refused(exchange, routed, dispatch, attempt, handshake))
                .doFinally(signal -> response.end());
    }

    private Mono<Void> accept(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            @Nullable String protocol,
            Side engine) {
        if (protocol != null
                && !WebSocketUpgrade.protocols(exchange.getRequest()).contains(protocol)) {
            return Mono.error(RefusedResponse.notHttp("a WebSocket protocol that nobody asked for"));
        }
        ServerHttpResponse response = exchange.getResponse();
        headers.write(
                response,
                HttpResponseStatus.SWITCHING_PROTOCOLS.code(),
                removeHandshake(engine.in().headers().copy()),
                dispatch,
                routed);
        routed.attempts().returnPermit();
        dispatch.accepted();
        dispatch.firstByte();
        WebsocketServerSpec.Builder spec = WebsocketServerSpec.builder()
                .maxFramePayloadLength(maxFrameBytes)
                .handlePing(true);
        WebsocketServerSpec accepted =
                protocol == null ? spec.build() : spec.protocols(protocol).build();
        HttpServerResponse server = ServerHttpResponseDecorator.getNativeResponse(response);
        Sinks.One<Side> client = Sinks.one();
        Sinks.Empty<Void> over = Sinks.empty();
        FramesUnderWay underWay = new FramesUnderWay(budget);
        Mono<Void> upgrade = Mono.defer(() -> {
            WebSocketUpgrade.prepare(WebSocketUpgrade.channel(exchange.getRequest()));
            return server.sendWebsocket(
                    (in, out) -> {
                        client.tryEmitValue(side(in, out, underWay, true));
                        return over.asMono();
                    },
                    accepted);
        });
        return response.setComplete()
                .then(upgrade)
                .subscribeOn(Schedulers.fromExecutor(
                        WebSocketUpgrade.channel(exchange.getRequest()).eventLoop()))
                .then(client.asMono())
                .flatMap(accepting -> new WebSocketSession(accepting, engine, routed, dispatch, log, farewell).run())
                .doFinally(signal -> {
                    over.tryEmitEmpty();
                    underWay.end();
                });
    }

    /** One end, of which all that comes is counted. On its event loop. */
    private Side side(WebsocketInbound in, WebsocketOutbound out, FramesUnderWay underWay, boolean ofClient) {
        in.withConnection(connection -> WebSocketFrames.replaceIn(
                connection.channel().pipeline(),
                maxFrameBytes,
                ofClient,
                underWay,
                ofClient ? WebSocketSession.NO_MEMORY : WebSocketSession.GOING_AWAY,
                farewell));
        return new Side(in, out, underWay);
    }

    /** The endpoint did not accept the handshake, or gave no response. */
    private Mono<Void> refused(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            UpstreamAttempt attempt,
            EngineHandshake handshake) {
        EngineHandshake.Refusal refusal = handshake.refusal();
        if (refusal == null) {
            return Mono.error(RefusedResponse.notHttp("no WebSocket handshake"));
        }
        attempt.responded();
        dispatch.heard();
        if (FailureCause.isUnavailable(refusal.status()) && retries.giveUp(routed, FailureCause.UNAVAILABLE)) {
            return Mono.error(UnusableResponse.status(refusal.status()));
        }
        ServerHttpResponse response = exchange.getResponse();
        headers.write(response, refusal.status(), refusal.headers(), dispatch, routed);
        routed.attempts().returnPermit();
        dispatch.refused(refusal.status());
        NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
        response.getHeaders().setContentLength(refusal.body().readableBytes());
        return response.writeWith(Mono.just(buffers.wrap(refusal.body())));
    }

    /** Takes out what belongs to the handshake of one connection. */
    private static HttpHeaders removeHandshake(HttpHeaders from) {
        from.names().stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("sec-websocket-"))
                .forEach(from::remove);
        return from;
    }

    /** Tells when neither side has said anything for long. */
    private static final class Silence extends IdleStateHandler {
        Silence(Duration longest) {
            super(0, 0, longest.toMillis(), TimeUnit.MILLISECONDS);
        }

        @Override
        protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
            ctx.fireExceptionCaught(new WebSocketSession.Idle());
        }
    }
}
