package dev.warmlane.proxy;

import dev.warmlane.proxy.WebSocketFrames.FramesUnderWay;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpContentException;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Reads the endpoint's response to a WebSocket handshake before Reactor Netty does, which would refuse a subprotocol that it was
 * not told to expect, a response without one if it expected one, and a refusal of more than 8 KB.
 */
final class EngineHandshake extends ChannelDuplexHandler {
    /** A response that does not accept the handshake. */
    record Refusal(int status, HttpHeaders headers, ByteBuf body) {}

    private static final String NAME = "warmlane.websocket-handshake";
    private static final int LONGEST_REFUSAL_BYTES = 1024 * 1024;

    private final Duration timeout;
    private final FramesUnderWay underWay;
    private @Nullable Future<?> timer;
    private volatile @Nullable String protocol;
    private volatile @Nullable Refusal refusal;

    /**
     * @param timeout how long the endpoint may take for all of its response
     * @param underWay is told what comes of the body of a refusal
     */
    EngineHandshake(Duration timeout, FramesUnderWay underWay) {
        this.timeout = timeout;
        this.underWay = underWay;
    }

    /** The protocol that the endpoint has chosen; null before it has, and where it names none. */
    @Nullable
    String protocol() {
        return protocol;
    }

    /** The response that the endpoint has given instead; null before it has, and where it accepts. */
    @Nullable
    Refusal refusal() {
        return refusal;
    }

    void addTo(ChannelPipeline pipeline) {
        pipeline.addBefore(NettyPipeline.ReactiveBridge, NAME, this);
        limit(pipeline, new ReadTimeoutHandler(timeout.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** The whole response must have come by then: a timeout of silence alone lets bytes drip. */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer = ctx.executor().schedule(() -> late(ctx), timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        cancelTimer();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void late(ChannelHandlerContext ctx) {
        ctx.fireExceptionCaught(ReadTimeoutException.INSTANCE);
        ctx.close();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** The request is on its way, so Reactor Netty's aggregator is there. */
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
        ChannelPipeline pipeline = ctx.pipeline();
        if (pipeline.get(NettyPipeline.HttpAggregator) != null) {
            pipeline.replace(NettyPipeline.HttpAggregator, NettyPipeline.HttpAggregator, new WholeResponse(underWay));
        }
        super.write(ctx, message, promise);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof FullHttpResponse response)) {
            ctx.fireChannelRead(message);
            return;
        }
        cancelTimer();
        if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
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

    /** Lets only this limit tell how long the endpoint may take. On its event loop. */
    static void limit(ChannelPipeline pipeline, IdleStateHandler limit) {
        if (pipeline.get(NettyPipeline.ResponseTimeoutHandler) == null) {
            pipeline.addBefore(NettyPipeline.HttpCodec, NettyPipeline.ResponseTimeoutHandler, limit);
        } else {
            pipeline.replace(NettyPipeline.ResponseTimeoutHandler, NettyPipeline.ResponseTimeoutHandler, limit);
        }
    }

    /** Makes one of the parts of a response, as far as there is memory for it. */
    private static final class WholeResponse extends HttpObjectAggregator {
        private final FramesUnderWay underWay;

        WholeResponse(FramesUnderWay underWay) {
            super(LONGEST_REFUSAL_BYTES);
            this.underWay = underWay;
        }

        @Override
        protected void aggregate(FullHttpMessage whole, HttpContent part) throws Exception {
            if (!underWay.take(part.content().readableBytes())) {
                throw new TooLongHttpContentException("no memory for the response to a WebSocket handshake");
            }
            super.aggregate(whole, part);
        }
    }
}
