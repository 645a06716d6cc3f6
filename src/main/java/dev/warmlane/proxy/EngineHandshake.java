package dev.warmlane.proxy;

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
 * not told to expect, and a response without one if it expected one.
 */
final class EngineHandshake extends ChannelInboundHandlerAdapter {
    /** A response that does not accept the handshake. */
    record Refusal(int status, HttpHeaders headers, ByteBuf body) {}

    private static final String NAME = "warmlane.websocket-handshake";

    private final Duration timeout;
    private @Nullable Future<?> timer;
    private volatile @Nullable String protocol;
    private volatile @Nullable Refusal refusal;

    EngineHandshake(Duration timeout) {
        this.timeout = timeout;
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
}
