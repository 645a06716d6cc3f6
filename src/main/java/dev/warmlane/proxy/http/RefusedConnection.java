package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Refuses the first request of a connection that is one too many, after which the connection is closed; also if no request
 * comes for a while. One for each connection.
 */
final class RefusedConnection extends ChannelInboundHandlerAdapter {
    private static final String NAME = "warmlane.refused-connection";

    private final Duration patience;
    private @Nullable Future<?> timer;

    /** @param patience how long a whole request may take to come */
    RefusedConnection(Duration patience) {
        this.patience = patience;
    }

    /** Takes its place next to the codec, before what explains refusals. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Runnable close = () -> {
            var unused = ctx.close();
        };
        timer = ctx.executor().schedule(close, patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            request.setDecoderResult(DecoderResult.failure(ApiException.tooManyConnections()));
        }
        ctx.fireChannelRead(message);
    }
}
