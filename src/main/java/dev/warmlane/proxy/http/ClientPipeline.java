package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.LimitSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.netty.ChannelPipelineConfigurer;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/** Makes every connection of a client strict about HTTP and bounded in size and time, before any filter sees a request. */
public final class ClientPipeline implements ChannelPipelineConfigurer {
    /** Also the longest chunk size line with its extensions. */
    private static final int MAX_REQUEST_LINE_BYTES = 8192;

    private static final AttributeKey<Boolean> TOO_MANY = AttributeKey.valueOf(ClientPipeline.class, "tooMany");

    private final LimitSettings limits;
    private final BiConsumer<String, ApiException> refused;
    private final ConnectionLimit connections;
    private final HandshakeTurns handshakes;
    private final @Nullable HttpServer streams;

    /**
     * @param http2 whether clients may speak it
     * @param refused told each request that is refused before any filter sees it, and its id; called on event loops
     * @param follower told of every stream of HTTP/2 as of every connection
     */
    public ClientPipeline(
            LimitSettings limits,
            boolean http2,
            BiConsumer<String, ApiException> refused,
            UnaryOperator<HttpServer> follower) {
        this.limits = limits;
        this.handshakes = new HandshakeTurns(limits.headerTimeout());
        this.refused = refused;
        this.connections = ConnectionLimit.ofClients(limits);
        // Never bound: it makes the pipelines of streams, without TLS, which is the connection's.
        this.streams = http2
                ? follower.apply(
                        HttpServer.create().protocol(HttpProtocol.HTTP11).doOnChannelInit(this))
                : null;
    }

    @Override
    public void onChannelInit(ConnectionObserver observer, Channel channel, @Nullable SocketAddress remote) {
        if (channel instanceof Http2StreamChannel) {
            initStream(channel);
            return;
        }
        ConnectionLimit.Place place = connections.take(channel);
        if (place == ConnectionLimit.Place.NONE) {
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(NettyPipeline.SslHandler) != null) {
            handshakes.addTo(pipeline);
            pipeline.addAfter(
                    NettyPipeline.SslHandler, HandshakeLimit.NAME, new HandshakeLimit(limits.headerTimeout()));
        }
        replaceCodec(pipeline, limits);
        boolean tooMany = place == ConnectionLimit.Place.ANSWERED;
        watch(pipeline, tooMany);
        if (streams != null) {
            channel.attr(TOO_MANY).set(tooMany);
            new Http2Preface(
                            limits,
                            streams.configuration().channelInitializer(observer, remote, true),
                            refused,
                            tooMany)
                    .addTo(pipeline);
        }
    }

    /**
     * Makes a connection to the management port as strict about HTTP; what it refuses gets a bare status. A client that has said all that
     * it will say gets its responses, where one of the public port has left.
     */
    public static void makeStrict(Channel connection, LimitSettings limits) {
        ChannelPipeline pipeline = connection.pipeline();
        replaceCodec(pipeline, limits);
        new StalledClient(limits.idleTimeout()).addTo(pipeline);
        new RequestWatch(limits, System::nanoTime).addTo(pipeline);
        pipeline.addAfter(NettyPipeline.HttpCodec, FramedRequests.NAME, new FramedRequests());
        connection.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        pipeline.addAfter(NettyPipeline.HttpCodec, HalfClosed.NAME, new HalfClosed());
    }

    private static void replaceCodec(ChannelPipeline pipeline, LimitSettings limits) {
        HttpDecoderConfig decoder = new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                .setMaxHeaderSize(Math.toIntExact(limits.headers().toBytes()));
        pipeline.replace(
                NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, new StrictHttpCodec(decoder, limits.headerCount()));
    }

    private void initStream(Channel stream) {
        stream.config().setAutoRead(false);
        watch(
                stream.pipeline(),
                Boolean.TRUE.equals(stream.parent().attr(TOO_MANY).get()));
        new Http2Request(limits.headerCount()).addTo(stream.pipeline());
    }

    /** Each goes next to the codec, so the watch's own responses are explained too. */
    private void watch(ChannelPipeline pipeline, boolean tooMany) {
        new StalledClient(limits.idleTimeout()).addTo(pipeline);
        new RequestWatch(limits, System::nanoTime).addTo(pipeline);
        new MalformedRequests(refused).addTo(pipeline);
        if (tooMany) {
            ConnectionLimit.refuse(pipeline, limits.headerTimeout());
        }
    }

    /** Lets Netty refuse what {@link RequestFraming} does, after which the connection is closed. One for each connection. */
    private static final class FramedRequests extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.framed-requests";

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request
                    && request.decoderResult().isSuccess()) {
                ApiException problem = RequestFraming.refusal(request);
                if (problem != null) {
                    request.setDecoderResult(DecoderResult.failure(problem));
                }
            }
            ctx.fireChannelRead(message);
        }
    }

    /**
     * Closes a connection whose client sends nothing more, once what it has asked for has been sent. One for each connection, used on its
     * event loop only.
     */
    private static final class HalfClosed extends ChannelDuplexHandler {
        private static final String NAME = "warmlane.half-closed";

        /** Requests whose responses have not been sent in full. */
        private int unanswered;

        private boolean receiving;
        private boolean ended;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest) {
                unanswered++;
                receiving = true;
            }
            if (message instanceof LastHttpContent) {
                receiving = false;
            }
            ctx.fireChannelRead(message);
        }

        /** Epoll fails where there is nothing to wait for any more. */
        @Override
        public void read(ChannelHandlerContext ctx) {
            if (!ended) {
                ctx.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ended = true;
                if (receiving || unanswered == 0) {
                    var unused = ctx.close();
                    return;
                }
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            boolean interim = message instanceof HttpResponse response
                    && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            if (message instanceof LastHttpContent && !interim) {
                unanswered--;
                if (ended && unanswered == 0) {
                    ctx.write(message, promise.unvoid()).addListener(ChannelFutureListener.CLOSE);
                    return;
                }
            }
            var unused = ctx.write(message, promise);
        }
    }

    /**
     * Closes a client's connection whose TLS handshake is not over in time: Netty's limit counts anew after the first message, and no setting
     * reaches it. One for each connection, used on its event loop only.
     */
    private static final class HandshakeLimit extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.handshake-limit";

        private final Duration longest;
        private @Nullable Future<?> timer;

        /** @param longest that the handshake may take */
        HandshakeLimit(Duration longest) {
            this.longest = longest;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            timer = ctx.executor().schedule(() -> close(ctx), longest.toNanos(), TimeUnit.NANOSECONDS);
        }

        @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
        private static void close(ChannelHandlerContext ctx) {
            ctx.close();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (timer != null) {
                timer.cancel(false);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent) {
                HandshakeTurns.over(ctx.pipeline());
                ctx.pipeline().remove(this);
            }
            ctx.fireUserEventTriggered(event);
        }
    }
}
