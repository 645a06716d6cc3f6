package dev.warmlane.proxy;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure.RefusedResponse;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.WebSocketUpgrade;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
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
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;

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

    /** @param budget of what clients have sent of frames that are not complete */
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
        Handshake handshake = new Handshake(handshakeTimeout);
        return client.headers(WebSocketRelay::removeHandshake)
                .doOnRequest((request, connection) -> {
                    if (attempt.begin(connection.channel(), System.nanoTime())) {
                        routed.sent(attempt);
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
                    attempt.answered();
                    dispatch.heard();
                    // After the client's own limit, which knows of one side alone.
                    in.withConnection(connection -> limit(connection.channel().pipeline(), new Silence(idleTimeout)));
                    return accept(exchange, routed, dispatch, handshake.protocol, new WebSocketSession.Side(in, out));
                })
                .then()
                .onErrorResume(
                        WebSocketClientHandshakeException.class,
                        failure -> refused(exchange, routed, dispatch, attempt, handshake));
    }

    private Mono<Void> accept(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            @Nullable String protocol,
            WebSocketSession.Side engine) {
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
        routed.returnPermit();
        dispatch.accepted();
        dispatch.firstByte();
        WebsocketServerSpec.Builder spec = WebsocketServerSpec.builder()
                .maxFramePayloadLength(maxFrameBytes)
                .handlePing(true);
        WebsocketServerSpec accepted =
                protocol == null ? spec.build() : spec.protocols(protocol).build();
        HttpServerResponse server = ServerHttpResponseDecorator.getNativeResponse(response);
        Sinks.One<WebSocketSession.Side> client = Sinks.one();
        Sinks.Empty<Void> over = Sinks.empty();
        Mono<Void> upgrade = Mono.defer(() -> {
            WebSocketUpgrade.prepare(WebSocketUpgrade.channel(exchange.getRequest()));
            return server.sendWebsocket(
                    (in, out) -> {
                        in.withConnection(connection ->
                                WebSocketFrames.replaceIn(connection.channel().pipeline(), maxFrameBytes, budget));
                        client.tryEmitValue(new WebSocketSession.Side(in, out));
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
                .doFinally(signal -> over.tryEmitEmpty());
    }

    /** The endpoint has answered with something else, or not at all. */
    private Mono<Void> refused(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            UpstreamAttempt attempt,
            Handshake handshake) {
        Refusal refusal = handshake.refusal;
        if (refusal == null) {
            return Mono.error(RefusedResponse.notHttp("no WebSocket handshake"));
        }
        attempt.answered();
        dispatch.heard();
        if (FailureCause.isUnavailable(refusal.status) && retries.allow(routed, FailureCause.UNAVAILABLE)) {
            return Mono.error(UnusableResponse.status(refusal.status));
        }
        ServerHttpResponse response = exchange.getResponse();
        headers.write(response, refusal.status, refusal.headers, dispatch, routed);
        routed.returnPermit();
        dispatch.refused(refusal.status);
        NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
        response.getHeaders().setContentLength(refusal.body.readableBytes());
        return response.writeWith(Mono.just(buffers.wrap(refusal.body)));
    }

    /** Takes out what belongs to the handshake of one connection. */
    private static HttpHeaders removeHandshake(HttpHeaders from) {
        from.names().stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("sec-websocket-"))
                .forEach(from::remove);
        return from;
    }

    /** Lets only this limit tell how long the endpoint may take. On its event loop. */
    private static void limit(ChannelPipeline pipeline, IdleStateHandler limit) {
        if (pipeline.get(NettyPipeline.ResponseTimeoutHandler) == null) {
            pipeline.addBefore(NettyPipeline.HttpCodec, NettyPipeline.ResponseTimeoutHandler, limit);
        } else {
            pipeline.replace(NettyPipeline.ResponseTimeoutHandler, NettyPipeline.ResponseTimeoutHandler, limit);
        }
    }

    private record Refusal(int status, HttpHeaders headers, ByteBuf body) {}

    /**
     * Reads the endpoint's answer before Reactor Netty does, which refuses a protocol that it was not told to expect, and would be
     * content with none only if it expected none.
     */
    private static final class Handshake extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.websocket-handshake";

        private final Duration timeout;
        private volatile @Nullable String protocol;
        private volatile @Nullable Refusal refusal;

        Handshake(Duration timeout) {
            this.timeout = timeout;
        }

        void addTo(ChannelPipeline pipeline) {
            pipeline.addBefore(NettyPipeline.ReactiveBridge, NAME, this);
            limit(pipeline, new ReadTimeoutHandler(timeout.toMillis(), TimeUnit.MILLISECONDS));
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof FullHttpResponse response)) {
                ctx.fireChannelRead(message);
            } else if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                protocol = response.headers().get(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL);
                response.headers().remove(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL);
                ctx.fireChannelRead(message);
            } else {
                refusal = new Refusal(
                        response.status().code(),
                        new DefaultHttpHeaders().set(response.headers()),
                        Unpooled.copiedBuffer(response.content()));
                response.release();
                // Told of the response, Reactor Netty would fail twice and warn of the second time.
                ctx.close();
            }
        }
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
