package dev.warmlane.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Closes a client's connection whose TLS handshake is not over in time: Netty's limit counts anew after the first message, and no setting
 * reaches it. One for each connection, used on its event loop only.
 */
final class HandshakeLimit extends ChannelInboundHandlerAdapter {
    private static final String NAME = "warmlane.handshake-limit";

    private final Duration longest;
    private @Nullable Future<?> timer;

    private HandshakeLimit(Duration longest) {
        this.longest = longest;
    }

    /**
     * Takes its place behind TLS, if the connection has any.
     *
     * @param longest that the handshake may take
     */
    static void addTo(ChannelPipeline pipeline, Duration longest) {
        if (pipeline.get(NettyPipeline.SslHandler) != null) {
            pipeline.addAfter(NettyPipeline.SslHandler, NAME, new HandshakeLimit(longest));
        }
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
            ctx.pipeline().remove(this);
        }
        ctx.fireUserEventTriggered(event);
    }
}
